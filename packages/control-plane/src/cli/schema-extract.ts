import { type ExtractedSchema, extractSchema, messagesIn, onlyFiles } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";
import { globMatcher } from "../groups/glob.ts";
import { asSchemaFault } from "../types/schema-fault.ts";
import { countOf } from "./count-of.ts";
import { writeWhole } from "./write-whole.ts";

/** Options of `fairlead schema extract`. */
export interface SchemaExtractOptions {
  readonly output?: string;
  /** Patterns of file names, `*` for any characters. */
  readonly only?: readonly string[];
}

/** `fairlead schema extract`: writes the schema of an executable, and says what is in it. */
export async function schemaExtract(envoy: string, { output, only }: SchemaExtractOptions): Promise<void> {
  const extracted = await asSchemaFault("cannot extract", () => extractSchema(envoy));
  const wanted = only && onlyFiles(extracted.descriptorSet, globMatcher(only));
  if (wanted?.length === 0) {
    throw new FairleadError(
      "usage",
      `no file of ${envoy} is called ${only!.join(" or ")}: envoy/config/*, for example`,
    );
  }
  if (output !== undefined) await writeWhole(output, wanted ?? extracted.descriptorSet);
  process.stdout.write(`${describe(extracted, output)}\n`);
  if (wanted) process.stdout.write(`of them, ${messagesIn(wanted).length} messages are wanted\n`);
}

function describe(extracted: ExtractedSchema, output: string | undefined): string {
  const { descriptorSet, files, messages, supplied, ambiguous, envoy } = extracted;
  const version = envoy.number === undefined ? "Envoy of unknown version" : `Envoy ${envoy.number}`;
  const build = envoy.build === undefined ? "" : ` (${envoy.build.slice(0, 12)})`;
  const size = `${Math.round(descriptorSet.length / 1_000)} kB`;
  const lines = [
    `${version}${build}: ${countOf(files.length, "file")}, ${messages} messages, ${size}, no import missing`,
  ];
  if (supplied.length > 0) lines.push(`not in the executable, and added: ${supplied.join(", ")}`);
  if (ambiguous.length > 0)
    lines.push(`in it twice with different content, the first was taken: ${ambiguous.join(", ")}`);
  if (output !== undefined) lines.push(`written: ${output}`);
  return lines.join("\n");
}
