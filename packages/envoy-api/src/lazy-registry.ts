import { createFileRegistry, type DescFile, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { nameFieldsForJson } from "./json/field-names.ts";
import { type ListedFile, listFiles } from "./list-files.ts";

type AnyType = ReturnType<FileRegistry["get"]>;

/**
 * A registry that makes a file's descriptors when one of its types is first asked for: Envoy's API has some 1,400
 * messages, which are 8 MB, and a configuration that uses a tenth of them. Walking over all types makes all of them.
 *
 * @param descriptorSet a serialized `FileDescriptorSet` that is whole and valid, which is not checked here
 */
export function lazyRegistry(descriptorSet: Uint8Array): FileRegistry {
  const listed = new Map(listFiles(descriptorSet).map((file) => [file.name, file]));
  const homes = new Map<string, ListedFile>();
  for (const file of listed.values()) for (const symbol of file.symbols) homes.set(symbol, file);
  const files = new Map<string, DescFile>();
  const types = new Map<string, NonNullable<AnyType>>();

  const open = (name: string): DescFile | undefined => {
    const known = files.get(name);
    const source = listed.get(name);
    if (known || !source) return known;
    const file = readFile(source, open);
    files.set(name, file);
    for (const type of nestedTypes(file)) types.set(type.typeName, type);
    return file;
  };
  const openAll = () => [...listed.keys()].map((name) => open(name)!);
  const get = (typeName: string): AnyType => {
    const home = types.has(typeName) ? undefined : homeOf(homes, typeName);
    if (home) open(home.name);
    return types.get(typeName);
  };
  const ofKind = <K extends NonNullable<AnyType>["kind"]>(kind: K, typeName: string) => {
    const type = get(typeName);
    return type?.kind === kind ? (type as Extract<NonNullable<AnyType>, { kind: K }>) : undefined;
  };

  return {
    kind: "registry",
    get files() {
      return openAll().values();
    },
    *[Symbol.iterator]() {
      for (const file of openAll()) yield* nestedTypes(file);
    },
    getFile: open,
    get,
    getMessage: (typeName) => ofKind("message", typeName),
    getEnum: (typeName) => ofKind("enum", typeName),
    getService: (typeName) => ofKind("service", typeName),
    getExtension: (typeName) => ofKind("extension", typeName),
    getExtensionFor(extendee, number) {
      for (const { name, hasExtensions } of listed.values()) if (hasExtensions) open(name);
      for (const type of types.values()) {
        if (type.kind === "extension" && type.number === number && type.extendee.typeName === extendee.typeName) {
          return type;
        }
      }
      return undefined;
    },
  };
}

/** The file that defines a type, or what the type lies in. */
function homeOf(homes: ReadonlyMap<string, ListedFile>, typeName: string): ListedFile | undefined {
  for (let name = typeName; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    const home = homes.get(name);
    if (home) return home;
  }
  return undefined;
}

function readFile({ bytes }: ListedFile, open: (name: string) => DescFile | undefined): DescFile {
  const proto = fromBinary(FileDescriptorProtoSchema, bytes);
  nameFieldsForJson(proto);
  const registry = createFileRegistry(proto, (name) => asImported(open(name)));
  const file = registry.getFile(proto.name)!;
  file.dependencies.splice(0, Number.POSITIVE_INFINITY, ...proto.dependency.map((name) => open(name)!));
  return file;
}

/**
 * A file as its importer sees it: only what it imports publicly is behind it. `createFileRegistry` walks every path of
 * imports there is, and between Envoy's files there are very many.
 */
function asImported(file: DescFile | undefined): DescFile | undefined {
  if (!file) return undefined;
  const dependencies = file.proto.publicDependency.map((index) => asImported(file.dependencies[index])!);
  return { ...file, dependencies };
}
