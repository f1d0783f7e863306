import { z } from "zod";
import { MAX_TYPE_SET_BYTES, MAX_TYPE_SET_NAME_LENGTH } from "../../types/type-registry.ts";

/** A set of types in a path. */
export const TypesPath = z.object({
  name: z
    .string()
    .regex(/^[\w.-]+$/, "expected letters, digits, `_`, `-` and `.`")
    .max(MAX_TYPE_SET_NAME_LENGTH)
    .describe("A name for the set, of letters, digits, `_`, `-` and `.`."),
});

/** What is to be registered. */
export const PutTypes = z
  .strictObject({
    descriptorSet: z
      .base64()
      .max(Math.ceil(MAX_TYPE_SET_BYTES / 3) * 4)
      .describe(
        "A `FileDescriptorSet` (`protoc -o`, `buf build`), base64. What it imports may be left out of it, if the schema or " +
          "other types have it. At most 8 MiB.",
      ),
  })
  .meta({ id: "PutTypes", description: "Types to register." });

const entry = {
  name: z.string(),
  origin: z.enum(["config", "api"]).describe("Who registered them: `types:` of the configuration, or this API."),
  bytes: z.int().describe("Size of the set."),
  digest: z.string().describe("SHA-256 of the set, base64url."),
};

/** A registered set of types. */
export const TypesDocument = z
  .object({ ...entry, typeUrls: z.array(z.string()).describe("The messages that it adds to the schema.") })
  .meta({ id: "TypeSet", description: "A registered set of types." });

/** All registered sets. */
export const TypesList = z
  .object({
    types: z
      .array(z.object({ ...entry, messages: z.int().describe("How many messages it adds to the schema.") }))
      .describe("In the order in which they were registered."),
  })
  .meta({ id: "TypesList", description: "The registered sets of types." });

/** What came of registering. */
export const PutTypesResult = TypesDocument.extend({
  changed: z.boolean().describe("Whether anything is other than before."),
}).meta({ id: "PutTypesResult", description: "What is registered now." });
