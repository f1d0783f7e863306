import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { digestOfFile, type LoadedFile } from "../messages.ts";
import { placeOfText } from "./place-of-text.ts";
import { UnresolvedImport } from "./unresolved-import.ts";

/** Packages that a program finds without installing them: those of the Fairlead that runs it. */
const OWN = /^(?:fairlead|@fairlead\/[^/]+|@bufbuild\/protobuf)(?:\/|$)/;

/**
 * Lets programs import Fairlead's packages from wherever they lie, and remembers what they load.
 *
 * @param sources texts that stand for what the files say now
 * @returns the files loaded so far, by path; grows
 */
export function hookModules(sources: readonly LoadedFile[]): ReadonlyMap<string, LoadedFile> {
  const known = new Map(sources.map((source) => [source.path, source]));
  const loaded = new Map<string, LoadedFile>();
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        const { parentURL } = context;
        if (OWN.test(specifier)) return next(specifier, { ...context, parentURL: import.meta.url });
        if (!parentURL?.startsWith("file:") || parentURL === import.meta.url) throw error;
        const missing = /^[./]/.test(specifier) ? fileURLToPath(new URL(specifier, parentURL)) : undefined;
        if (missing) loaded.set(missing, { path: missing, digest: "", text: "" });
        throw new UnresolvedImport(specifier, placeOfText(fileURLToPath(parentURL), specifier), { cause: error });
      }
    },
    load(url, context, next) {
      if (!url.startsWith("file:")) return next(url, context);
      const path = fileURLToPath(url);
      const before = known.get(path);
      const format = formatOf(path);
      if (before && format) return { format, source: before.text, shortCircuit: true };
      // Else it would depend on a package.json somewhere above whether `export` is allowed.
      const result = next(url, format ? { ...context, format } : context);
      if (!path.includes("/node_modules/") && result.source !== undefined) {
        const bytes = bytesOf(result.source);
        loaded.set(path, { path, digest: digestOfFile(bytes), text: new TextDecoder().decode(bytes) });
      }
      return result;
    },
  });
  return loaded;
}

/** What a file is by its name alone; `undefined`: that is Node's to say. */
function formatOf(path: string): string | undefined {
  if (/\.m?ts$/.test(path)) return "module-typescript";
  if (path.endsWith(".mjs")) return "module";
  return path.endsWith(".json") ? "json" : undefined;
}

function bytesOf(source: string | NodeJS.TypedArray | ArrayBuffer | SharedArrayBuffer | null): Uint8Array {
  if (source === null) return new Uint8Array();
  if (typeof source === "string") return Buffer.from(source);
  return "buffer" in source
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
