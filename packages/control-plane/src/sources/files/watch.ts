import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { FoundDirectory } from "./scan.ts";

/** Watches directories for any change in them. */
export interface DirectoryWatch {
  /** Watches just these from now on; says whether any is new, in which something may have changed unseen. */
  sync(directories: readonly FoundDirectory[]): boolean;
  close(): void;
}

/**
 * Watches the directories themselves, never files: a file replaced by renaming, or a Kubernetes mount that swaps its
 * `..data` link, would leave a watch on the file deaf. The root's parent is watched for the root's own name, since a
 * root that is deleted and made again, or a link that comes to point elsewhere, is another directory.
 *
 * @param changed called for each sign of a change, true or not
 * @param failed called when a directory cannot be watched; polling must then do
 */
export function watchDirectories(root: string, changed: () => void, failed: (message: string) => void): DirectoryWatch {
  const watched = new Map<string, { readonly identity: string; readonly watcher: FSWatcher | undefined }>();
  const rootName = basename(root);
  let parent = open(dirname(root), (name) => name === null || name === rootName);

  function open(path: string, concerns: (name: string | null) => boolean): FSWatcher | undefined {
    try {
      const watcher = watch(path, { persistent: false }, (event, name) => {
        // What a directory says when it is itself deleted or moved; the next of that path may have its inode.
        if (event === "rename" && name === basename(path)) forget(path);
        if (concerns(name)) changed();
      });
      watcher.on("error", (error) => {
        failed(`the watch on ${path} ended: ${error.message}`);
        forget(path);
      });
      return watcher;
    } catch (error) {
      // Gone again: nothing to watch. Else a limit of the system (inotify), say, and worth knowing.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        failed(`cannot watch ${path}: ${(error as Error).message}`);
      return undefined;
    }
  }

  function forget(path: string): void {
    watched.get(path)?.watcher?.close();
    watched.delete(path); // the next scan tries again
  }

  return {
    sync(directories) {
      parent ??= open(dirname(root), (name) => name === null || name === rootName);
      const identities = new Map(directories.map(({ path, identity }) => [path, identity]));
      for (const [path, { identity, watcher }] of watched) {
        if (identities.get(path) === identity) continue;
        watcher?.close();
        watched.delete(path);
      }
      let isNew = false;
      for (const [path, identity] of identities) {
        if (watched.has(path)) continue;
        watched.set(path, { identity, watcher: open(path, () => true) });
        isNew = true;
      }
      return isNew;
    },
    close() {
      parent?.close();
      for (const { watcher } of watched.values()) watcher?.close();
      watched.clear();
    },
  };
}
