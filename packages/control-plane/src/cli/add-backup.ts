import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { withAuthor } from "./author-options.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead backup` and `fairlead restore` to the command line. */
export function addBackup(program: Command): void {
  const backup = withPlace(program.command("backup").summary("write all that a store holds to a file"))
    .description(
      "Writes all resources, documents and versions of one revision to FILE, of a running control plane, or with --data-dir,\n" +
        "--store or --config of a store that none need be running on. Without history. The file holds secrets in the clear: only\n" +
        "its owner may read it.",
    )
    .argument("<file>", "the file to write; replaced only when all is there")
    .action(async (file: string, options) => {
      const { backup } = await import("./backup.ts");
      await backup(file, options);
    });
  examples(backup, [
    ["fairlead backup fairlead.backup", "of the running control plane"],
    [
      "fairlead backup fairlead.backup --data-dir /var/lib/fairlead",
      "of a directory's store, while nobody serves from it",
    ],
  ]);

  const restore = withAuthor(
    withPlace(program.command("restore").summary("bring back what a backup holds"))
      .option("--force", "replace what is there")
      .option("--dry-run", "say what it would change, and change nothing"),
  )
    .description(
      "Reads FILE as a whole, then makes one commit of it, or changes nothing.\n" +
        "With --data-dir, --store or --config: the store, which must be empty, then holds exactly what the backup does; so a store is moved.\n" +
        "Otherwise: what the running control plane's admin API manages, and the documents that people write, become as in the\n" +
        "backup; its files and other sources go on to bring what they define.",
    )
    .argument("<file>", "a backup")
    .action(async (file: string, options) => {
      const { restore } = await import("./restore.ts");
      await restore(file, options);
    });
  examples(restore, [
    ["fairlead restore fairlead.backup --data-dir /var/lib/fairlead", "into an empty SQLite store"],
    ["fairlead restore fairlead.backup --store etcd://127.0.0.1:2379", "into etcd"],
    ["fairlead restore fairlead.backup --config fairlead.yaml", "into the store that it names, by its TLS and user"],
    ["fairlead restore fairlead.backup --force", "into a running control plane"],
  ]);
}

function withPlace(command: Command): Command {
  return command
    .addOption(new Option("--data-dir <dir>", "the store in this directory (SQLite)").conflicts("store"))
    .option("--store <url>", "the store at etcd://HOST:PORT,…[/prefix]")
    .option("-c, --config <file>", "the store of this configuration; with --store: its TLS and user")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .addOption(adminOption());
}
