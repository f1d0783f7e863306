import {
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Where symbols are declared, and the files that declare them, as bytes. Made once per registry; bytes when asked for. */
export class DescriptorIndex {
  readonly #files = new Map<string, DescFile>();
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #fileBySymbol = new Map<string, string>();
  readonly #messages = new Set<string>();
  /** By the full name of what is extended, then by number. */
  readonly #fileByExtension = new Map<string, Map<number, string>>();

  /** @param sources of two files of one name the first counts */
  constructor(sources: readonly (Registry | DescFile)[]) {
    for (const source of sources) {
      if (source.kind === "file") this.#addFile(source);
      else for (const desc of source) this.#addFile(desc.file);
    }
  }

  hasFile(name: string): boolean {
    return this.#files.has(name);
  }

  /** The file that declares a symbol by its full name: a message, field, oneof, enum, value, extension, service or method. */
  fileOfSymbol(symbol: string): string | undefined {
    return this.#fileBySymbol.get(symbol);
  }

  fileOfExtension(typeName: string, number: number): string | undefined {
    return this.#fileByExtension.get(typeName)?.get(number);
  }

  /** The numbers of a message's extensions, ascending; `undefined`: no such message. */
  extensionNumbers(typeName: string): number[] | undefined {
    if (!this.#messages.has(typeName)) return undefined;
    return [...(this.#fileByExtension.get(typeName)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** A file and what it imports, but for what was sent already; the file itself always, and first. */
  withImports(name: string, sent: Set<string>): Uint8Array[] {
    const found = [name];
    const seen = new Set(found);
    for (const at of found) {
      for (const imported of this.#files.get(at)!.proto.dependency) {
        if (seen.has(imported) || sent.has(imported)) continue;
        seen.add(imported);
        found.push(imported);
      }
    }
    for (const each of found) sent.add(each);
    return found.map((each) => this.#bytesOf(each));
  }

  #bytesOf(name: string): Uint8Array {
    const known = this.#bytes.get(name);
    if (known) return known;
    const bytes = toBinary(FileDescriptorProtoSchema, this.#files.get(name)!.proto);
    this.#bytes.set(name, bytes);
    return bytes;
  }

  #addFile(file: DescFile): void {
    const name = file.proto.name;
    if (this.#files.has(name)) return;
    this.#files.set(name, file);
    for (const imported of file.dependencies) this.#addFile(imported);
    for (const message of file.messages) this.#addMessage(message, name);
    for (const each of file.enums) this.#addEnum(each, name);
    for (const extension of file.extensions) this.#addExtension(extension, name);
    for (const service of file.services) {
      this.#fileBySymbol.set(service.typeName, name);
      for (const method of service.methods) this.#fileBySymbol.set(`${service.typeName}.${method.name}`, name);
    }
  }

  #addMessage(message: DescMessage, file: string): void {
    this.#messages.add(message.typeName);
    this.#fileBySymbol.set(message.typeName, file);
    for (const member of [...message.fields, ...message.oneofs]) {
      this.#fileBySymbol.set(`${message.typeName}.${member.name}`, file);
    }
    for (const nested of message.nestedMessages) this.#addMessage(nested, file);
    for (const nested of message.nestedEnums) this.#addEnum(nested, file);
    for (const nested of message.nestedExtensions) this.#addExtension(nested, file);
  }

  /** Values are named beside their enum, not within it: that is C++'s scoping. */
  #addEnum({ typeName, values, parent, file: { proto } }: DescEnum, file: string): void {
    this.#fileBySymbol.set(typeName, file);
    const scope = parent?.typeName ?? proto.package;
    for (const { name } of values) this.#fileBySymbol.set(scope === "" ? name : `${scope}.${name}`, file);
  }

  #addExtension({ typeName, extendee, number }: DescExtension, file: string): void {
    this.#fileBySymbol.set(typeName, file);
    const byNumber = this.#fileByExtension.get(extendee.typeName) ?? new Map<number, string>();
    byNumber.set(number, file);
    this.#fileByExtension.set(extendee.typeName, byNumber);
  }
}
