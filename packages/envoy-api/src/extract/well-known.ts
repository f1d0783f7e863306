import type { DescFile } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";

/** The files of google.protobuf by name, all that `@bufbuild/protobuf` has. */
export const WELL_KNOWN_FILES: ReadonlyMap<string, wkt.FileDescriptorProto> = new Map(
  Object.entries(wkt)
    .filter(([name]) => name.startsWith("file_google_protobuf_"))
    .map(([, file]) => (file as DescFile).proto)
    .map((proto) => [proto.name, proto]),
);
