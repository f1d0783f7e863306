import { type ExtractedSchema, extractSchema } from "@fairlead/envoy-api";
import { asSchemaFault } from "../types/open-schema.ts";
import { writeWhole } from "./write-whole.ts";

/** `fairlead schema extract`: writes the schema of an executable, and says what is in it. */
export async function schemaExtract(envoy: string, { output }: { readonly output?: string }): Promise<void> {
  const extracted = await asSchemaFault("cannot extract", () => extractSchema(envoy));
  if (output !== undefined) await writeWhole(output, extracted.descriptorSet);
  process.stdout.write(`${describe(extracted, output)}\n`);
}

function describe(extracted: ExtractedSchema, output: string | undefined): string {
  const { descriptorSet, files, messages, supplied, ambiguous, envoy } = extracted;
  const version = envoy.number === undefined ? "Envoy of unknown version" : `Envoy ${envoy.number}`;
  const build = envoy.build === undefined ? "" : ` (${envoy.build.slice(0, 12)})`;
  const size = `${Math.round(descriptorSet.length / 1_000)} kB`;
  const lines = [`${version}${build}: ${files.length} files, ${messages} messages, ${size}, no import missing`];
  if (supplied.length > 0) lines.push(`not in the executable, and added: ${supplied.join(", ")}`);
  if (ambiguous.length > 0)
    lines.push(`in it twice with different content, the first was taken: ${ambiguous.join(", ")}`);
  if (output !== undefined) lines.push(`written: ${output}`);
  return lines.join("\n");
}
