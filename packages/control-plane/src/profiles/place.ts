import { readFileSync } from "node:fs";
import { basename, dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Names a script without saying where on this machine it lies: from its package's name on, by the package.json above it;
 * of no package, by its own name alone. Node's own scripts keep their names.
 */
export function createPlaceOf(): (url: string) => string {
  const packageByFolder = new Map<string, Package | undefined>();
  const packageOf = (folder: string): Package | undefined => {
    if (packageByFolder.has(folder)) return packageByFolder.get(folder);
    const parent = dirname(folder);
    const found = readPackage(folder) ?? (parent === folder ? undefined : packageOf(parent));
    packageByFolder.set(folder, found);
    return found;
  };
  return (url) => {
    const path = pathOf(url);
    if (path === undefined) return url;
    const its = packageOf(dirname(path));
    return its ? `${its.name}/${relative(its.folder, path).replaceAll(sep, "/")}` : basename(path);
  };
}

interface Package {
  readonly name: string;
  readonly folder: string;
}

function pathOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return url.startsWith("/") ? url : undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/** Folders in a package may have a nameless package.json of their own, which says how their modules are meant. */
function readPackage(folder: string): Package | undefined {
  try {
    const { name } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { name?: unknown };
    return typeof name === "string" && name !== "" ? { name, folder } : undefined;
  } catch {
    return undefined;
  }
}
