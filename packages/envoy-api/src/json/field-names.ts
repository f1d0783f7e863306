import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/**
 * Fills in the JSON names of a file's fields: compilers write them into a descriptor set, but descriptors within a C++
 * program lack them.
 */
export function nameFieldsForJson(file: FileDescriptorProto): void {
  for (const extension of file.extension) extension.jsonName ||= camelCase(extension.name);
  for (const message of file.messageType) nameFields(message);
}

function nameFields(message: DescriptorProto): void {
  for (const field of [...message.field, ...message.extension]) field.jsonName ||= camelCase(field.name);
  for (const nested of message.nestedType) nameFields(nested);
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9A-Z]?)/g, (_, next: string) => next.toUpperCase());
}
