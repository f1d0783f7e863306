import { type FileHandle, open } from "node:fs/promises";
import { EnvoyApiError } from "../errors.ts";

/**
 * Opens a regular file to read.
 *
 * @throws EnvoyApiError `file_unreadable`
 */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (cause) {
    throw new EnvoyApiError("file_unreadable", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new EnvoyApiError("file_unreadable", `${path} is no file: name an Envoy executable or a descriptor set`);
}
