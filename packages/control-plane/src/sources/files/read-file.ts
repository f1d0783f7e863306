import { open } from "node:fs/promises";
import { join } from "node:path";
import type { FoundFile } from "./scan.ts";

/** A file's text, or that it changed while it was read. */
export type Read = { readonly kind: "text"; readonly text: string } | { readonly kind: "changing" };

/**
 * Reads a whole file that does not change meanwhile.
 *
 * @throws the system's error, or a `TypeError` where the bytes are no UTF-8
 */
export async function readWhole(root: string, { file }: Pick<FoundFile, "file">): Promise<Read> {
  const handle = await open(join(root, file));
  try {
    const before = await handle.stat({ bigint: true });
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    if (before.mtimeNs !== after.mtimeNs || after.size !== BigInt(bytes.length)) return { kind: "changing" };
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } finally {
    await handle.close();
  }
}
