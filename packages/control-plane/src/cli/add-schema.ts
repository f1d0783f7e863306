import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
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
  addRegister(schema);
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
    .option("--only <pattern...>", "only files whose names match, without what they import: `acme/*`")
    .action(async (envoy: string, options) => {
      const { schemaExtract } = await import("./schema-extract.ts");
      await schemaExtract(envoy, options);
    });
  examples(extract, [
    ["fairlead schema extract ./envoy -o envoy.binpb", "then: fairlead serve xds --schema envoy.binpb"],
    ["fairlead schema extract /usr/bin/envoy", "only say what is in it"],
    ["fairlead schema extract ./our-envoy --only 'acme/*' -o acme.binpb", "types to register beside another schema"],
  ]);
}

function addRegister(schema: Command): void {
  const register = schema
    .command("register")
    .summary("give a running control plane types of your own")
    .description(
      "Registers message types in a running control plane: resources of them are read, checked and served like built-in\n" +
        "ones. FILE is a descriptor set, and may lack what it imports if the control plane has that.",
    )
    .argument("<name>", "a name for the set")
    .argument("<file>", "descriptor set (protoc -o FILE, fairlead schema extract --only … -o FILE)")
    .addOption(adminOption())
    .action(async (name: string, file: string, options) => {
      const { registerTypes } = await import("./schema-register.ts");
      await registerTypes(name, file, options);
    });
  examples(register, [["fairlead schema register acme acme.binpb", "from then on acme's types are known"]]);

  const unregister = schema
    .command("unregister")
    .summary("take types away from a running control plane")
    .argument("<name>", "the set's name")
    .addOption(adminOption())
    .action(async (name: string, options) => {
      const { unregisterTypes } = await import("./schema-register.ts");
      await unregisterTypes(name, options);
    });
  examples(unregister, [["fairlead schema unregister acme", "refused while a resource uses its types"]]);

  const list = schema
    .command("list")
    .summary("registered types of a running control plane")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["table", "json", "yaml"]).default("table"))
    .addOption(adminOption())
    .action(async (options) => {
      const { listTypes } = await import("./schema-register.ts");
      await listTypes(options);
    });
  examples(list, [["fairlead schema list", "beside the schema's own"]]);
}
