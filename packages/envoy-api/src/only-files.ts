import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** A descriptor set with only the files whose names are wanted; what they import is left out with the rest. */
export function onlyFiles(descriptorSet: Uint8Array, isWanted: (name: string) => boolean): Uint8Array {
  const { file } = fromBinary(FileDescriptorSetSchema, descriptorSet);
  const wanted = file.filter(({ name }) => isWanted(name));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: wanted }));
}
