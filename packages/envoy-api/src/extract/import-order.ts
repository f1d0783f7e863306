import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/** Files by name, but each after what it imports: the same order for the same files, as compilers have it. */
export function inImportOrder(files: ReadonlyMap<string, FileDescriptorProto>): readonly FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const entered = new Set<string>();
  const visit = (name: string) => {
    const file = files.get(name);
    if (!file || entered.has(name)) return;
    entered.add(name);
    for (const imported of file.dependency) visit(imported);
    ordered.add(file);
  };
  for (const name of [...files.keys()].sort()) visit(name);
  return [...ordered];
}
