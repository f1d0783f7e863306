import { createRegistry, equals } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Custom options are compared as the bytes that they are. */
const registry = createRegistry();

/** Whether two descriptors of a file say the same, options too, comments aside. */
export function isSameFile(a: FileDescriptorProto, b: FileDescriptorProto): boolean {
  if (a === b) return true;
  return equals(FileDescriptorProtoSchema, withoutComments(a), withoutComments(b), { unknown: true, registry });
}

function withoutComments(file: FileDescriptorProto): FileDescriptorProto {
  const { sourceCodeInfo: _, ...rest } = file;
  return rest;
}
