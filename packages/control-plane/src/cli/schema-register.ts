import { onlyFiles, readDescriptorSet } from "@fairlead/envoy-api";
import type { z } from "zod";
import type { PutTypesResult, TypesList } from "../admin/schemas/types.ts";
import { globMatcher } from "../groups/glob.ts";
import { asSchemaFault } from "../types/schema-fault.ts";
import { createAdminClient } from "./admin-client.ts";
import { countOf } from "./count-of.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { formatTable } from "./table.ts";

interface AdminOptions {
  readonly admin: string;
}

/** Options of `fairlead schema register`. */
export interface RegisterOptions extends AdminOptions {
  /** Patterns of file names, `*` for any characters. */
  readonly only?: readonly string[];
}

/** `fairlead schema register`: gives a running control plane types. */
export async function registerTypes(name: string, file: string, { admin, only }: RegisterOptions): Promise<void> {
  const descriptorSet = await asSchemaFault("cannot register", async () => {
    const all = (await readDescriptorSet(file)).descriptorSet;
    return only ? onlyFiles(all, globMatcher(only)) : all;
  });
  const body = { descriptorSet: Buffer.from(descriptorSet).toString("base64") };
  const path = pathOf(name);
  const { typeUrls, changed } = await createAdminClient(admin).send<z.infer<typeof PutTypesResult>>("PUT", path, {
    body,
  });
  const what = changed ? "registered" : "registered already";
  process.stdout.write(
    [`${name} ${what}: ${countOf(typeUrls.length, "message")}`, ...typeUrls].map((line) => `${line}\n`).join(""),
  );
}

/** `fairlead schema unregister`: takes types away again. */
export async function unregisterTypes(name: string, { admin }: AdminOptions): Promise<void> {
  await createAdminClient(admin).send("DELETE", pathOf(name), { body: undefined });
  process.stdout.write(`${name} is gone\n`);
}

/** `fairlead schema list`: what is registered. */
export async function listTypes({ admin, output }: AdminOptions & { readonly output: OutputFormat }): Promise<void> {
  const { types } = await createAdminClient(admin).get<z.infer<typeof TypesList>>("/v1/types");
  await print(output, { types }, () => {
    if (types.length === 0) return "no types are registered beside the schema's own";
    const rows = types.map(({ name, origin, messages, bytes }) => [name, origin, String(messages), String(bytes)]);
    return formatTable(["NAME", "ORIGIN", "MESSAGES", "BYTES"], rows);
  });
}

function pathOf(name: string): string {
  return `/v1/types/${encodeURIComponent(name)}`;
}
