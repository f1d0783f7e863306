import type { FileHandle } from "node:fs/promises";

/** What a file is by its first bytes. */
export type FileKind =
  | { readonly kind: "executable" }
  /** Something that people name by mistake; `what` says it in words. */
  | { readonly kind: "mistaken"; readonly what: string }
  | { readonly kind: "unknown"; readonly what: string };

const EXECUTABLE: readonly (readonly number[])[] = [
  [0x7f, 0x45, 0x4c, 0x46], // ELF
  [0xcf, 0xfa, 0xed, 0xfe], // Mach-O, 64 bits
  [0xca, 0xfe, 0xba, 0xbe], // Mach-O, several architectures
  [0x4d, 0x5a], // Windows
];

const MISTAKEN: readonly (readonly [readonly number[], string])[] = [
  [[0x1f, 0x8b], "compressed (gzip)"],
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed (zstd)"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed (xz)"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive (a Python wheel is one)"],
  [[0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], "an archive (a Debian package is one)"],
  [[0x23, 0x21], "a script"],
];

/** Looks at the first bytes of a file. */
export async function fileKind(handle: FileHandle): Promise<FileKind> {
  const buffer = Buffer.alloc(512);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  const head = buffer.subarray(0, bytesRead);
  const begins = (magic: readonly number[]) => magic.every((byte, index) => head[index] === byte);
  if (EXECUTABLE.some(begins)) return { kind: "executable" };
  if (head.length === 0) return { kind: "mistaken", what: "empty" };
  const mistaken = MISTAKEN.find(([magic]) => begins(magic));
  if (mistaken) return { kind: "mistaken", what: mistaken[1] };
  return { kind: "unknown", what: isText(head) ? "text" : "no executable" };
}

/** No byte of a control character but tab, line feed and carriage return. */
function isText(head: Buffer): boolean {
  return head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
