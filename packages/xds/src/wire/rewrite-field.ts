import { WireReader } from "./reader.ts";
import { sizeOfVarint, WireWriter } from "./writer.ts";

/** A message with the content of every length-delimited field of that tag rewritten, all else as it is. @throws WireError */
export function rewriteField(message: Uint8Array, tag: number, rewrite: (value: Buffer) => Uint8Array): Buffer {
  const reader = new WireReader(message);
  const parts: Uint8Array[] = [];
  while (reader.hasMore) {
    const start = reader.pos;
    const found = reader.tag();
    const tagEnd = reader.pos;
    if (found !== tag) {
      reader.skip(found);
      parts.push(reader.bytes.subarray(start, reader.pos));
      continue;
    }
    const value = rewrite(reader.view());
    const length = new WireWriter(sizeOfVarint(value.length));
    length.varint(value.length);
    parts.push(reader.bytes.subarray(start, tagEnd), length.finish(), value);
  }
  return Buffer.concat(parts);
}
