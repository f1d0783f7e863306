import type { BigIntStats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_GROUP } from "../../groups/compile.ts";
import { isGroupName } from "../../groups/name.ts";
import type { Fault } from "../../validation/fault.ts";

/** A resource file as found, not yet read. */
export interface FoundFile {
  /** Relative to the root, with slashes. */
  readonly file: string;
  readonly group: string;
  /** Changes whenever the file does, but for what two changes within the file system's clock tick hide. */
  readonly signature: string;
  /** When content or inode last changed, ms since the epoch. */
  readonly changedAtMs: number;
}

/** A directory that holds resource files, or may. */
export interface FoundDirectory {
  readonly path: string;
  /** Device and inode: another one under the same path is another directory. */
  readonly identity: string;
}

/** All that lies below a root. */
export interface Scan {
  readonly files: readonly FoundFile[];
  readonly directories: readonly FoundDirectory[];
  /** Groups that have a directory of their own, and `default`. */
  readonly groups: ReadonlySet<string>;
  /** What is there and cannot be looked at. */
  readonly faults: readonly Fault[];
}

/**
 * Finds the resource files below `root`: those directly in it are group `default`, those below `<group>/`, however deep,
 * that group. Symbolic links are followed, as Kubernetes mounts are made of them.
 *
 * @throws the system's error if `root` itself cannot be read
 */
export async function scan(root: string): Promise<Scan> {
  const found = { files: [] as FoundFile[], directories: [] as FoundDirectory[], faults: [] as Fault[] };
  const groups = new Set([DEFAULT_GROUP]);

  const visit = async (relative: string, group: string, stats: BigIntStats, above: readonly string[]) => {
    const identity = `${stats.dev}:${stats.ino}`;
    if (above.includes(identity)) return; // a link to a directory above
    const path = join(root, relative);
    found.directories.push({ path, identity });
    const names = (await readdir(path)).filter((name) => !isTemporary(name) && !(relative === "" && isNotOurs(name)));
    await Promise.all(names.map((name) => look(relative, name, group, [...above, identity])));
  };

  const look = async (parent: string, name: string, parentGroup: string, above: readonly string[]) => {
    const relative = parent === "" ? name : `${parent}/${name}`;
    // Below the root, whatever does not look like a file is a group, readable or not.
    const group = parent === "" && !isResourceFile(name) ? name : parentGroup;
    try {
      const stats = await stat(join(root, relative), { bigint: true });
      if (stats.isFile() && isResourceFile(name)) found.files.push(toFile(relative, parentGroup, stats));
      if (!stats.isDirectory()) return;
      if (parent === "" && !isGroupName(name)) throw new Error("it cannot name a group: rename the directory");
      groups.add(group);
      await visit(relative, group, stats, above);
    } catch (error) {
      if (await isGone(join(root, relative), error)) return;
      found.faults.push(unreadable(relative, group, error as Error));
    }
  };

  await visit("", DEFAULT_GROUP, await stat(root, { bigint: true }), []);
  return { ...found, groups };
}

/** Whether it was deleted while we looked, as temporary files are; a link that leads nowhere is still there. */
async function isGone(path: string, error: unknown): Promise<boolean> {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
  return lstat(path).then(
    () => false,
    () => true,
  );
}

/**
 * Whether a file of that name can hold resources: not an editor's (`.a.yaml.swp`, `a.yaml~`, `a.yaml.tmp`, `4913`, …), nor
 * what TypeScript keeps beside programs.
 */
export function isResourceFile(name: string): boolean {
  return /\.(?:ya?ml|json|m?ts)$/i.test(name) && !/\.(?:d|test)\.m?ts$/i.test(name) && !isTemporary(name);
}

/** What lies directly in the directory with good reason: the configuration itself, and what a file system's root has. */
function isNotOurs(name: string): boolean {
  return /^(?:fairlead\.ya?ml|package(?:-lock)?\.json|tsconfig\.json|node_modules|lost\+found)$/.test(name);
}

/** Dotfiles: editors' and Kubernetes' own (`..data`). Other temporary files don't end like a resource file. */
function isTemporary(name: string): boolean {
  return name.startsWith(".");
}

function toFile(file: string, group: string, stats: BigIntStats): FoundFile {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return {
    file,
    group,
    signature: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`,
    changedAtMs: Math.max(Number(stats.mtimeMs), Number(stats.ctimeMs)),
  };
}

/** The fault of something that is there and cannot be read. */
export function unreadable(file: string, group: string, error: Error): Fault {
  const message = `cannot be read: ${error.message}`;
  return { severity: "error", rule: "file.unreadable", message, pointer: "", file, group };
}
