import { fromBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Full names of what a file defines: messages, enums, services and extensions. */
export function* symbolsOf(file: FileDescriptorProto): Generator<string> {
  for (const { name } of [...file.enumType, ...file.service, ...file.extension]) yield scopeOf(file) + name;
  for (const [scope, message] of messagesOf(file)) {
    yield scope + message.name;
    for (const { name } of [...message.enumType, ...message.extension]) yield `${scope}${message.name}.${name}`;
  }
}

/** Full names of the messages that a descriptor set defines, nested ones included. */
export function messagesIn(descriptorSet: Uint8Array): readonly string[] {
  return fromBinary(FileDescriptorSetSchema, descriptorSet).file.flatMap(messageNamesOf);
}

/** Full names of the messages that a file defines, nested ones included, but for the entries of maps. */
export function messageNamesOf(file: FileDescriptorProto): readonly string[] {
  return [...messagesOf(file)].filter(([, { options }]) => !options?.mapEntry).map(([scope, { name }]) => scope + name);
}

function* messagesOf(file: FileDescriptorProto): Generator<readonly [scope: string, message: DescriptorProto]> {
  for (const message of file.messageType) yield* nested(message, scopeOf(file));
}

function* nested(
  message: DescriptorProto,
  scope: string,
): Generator<readonly [scope: string, message: DescriptorProto]> {
  yield [scope, message];
  for (const inner of message.nestedType) yield* nested(inner, `${scope}${message.name}.`);
}

function scopeOf(file: FileDescriptorProto): string {
  return file.package === "" ? "" : `${file.package}.`;
}
