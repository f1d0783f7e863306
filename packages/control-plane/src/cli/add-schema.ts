import type { Command } from "commander";
import { examples } from "./examples.ts";

/** Adds `fairlead schema …` to the command line. */
export function addSchema(program: Command): void {
  const schema = program
    .command("schema")
    .summary("Envoy's API as your own Envoy has it")
    .description(
      "Reads the API out of an Envoy executable, so that what is served is checked against exactly that Envoy.",
    );
  addExtract(schema);
}

function addExtract(schema: Command): void {
  const extract = schema
    .command("extract")
    .summary("read the schema out of an Envoy executable")
    .description(
      "Reads every message, field and rule out of an Envoy executable, for any operating system; the program is not run.\n" +
        "The result is a FileDescriptorSet, as `schema:` in the configuration, `--schema`, protoc and buf take it.",
    )
    .argument("<envoy>", "the executable")
    .option("-o, --output <file>", "where to write the descriptor set (default: nowhere, only say what is in it)")
    .action(async (envoy: string, options) => {
      const { schemaExtract } = await import("./schema-extract.ts");
      await schemaExtract(envoy, options);
    });
  examples(extract, [
    ["fairlead schema extract ./envoy -o envoy.binpb", "then: fairlead serve xds --schema envoy.binpb"],
    ["fairlead schema extract /usr/bin/envoy", "only say what is in it"],
  ]);
}
