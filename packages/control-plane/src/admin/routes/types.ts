import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import type { RegisteredTypes } from "../../types/type-registry.ts";
import type { AdminContext } from "../context.ts";
import { PutTypes, PutTypesResult, TypesDocument, TypesList, TypesPath } from "../schemas/types.ts";
import { withProblems } from "../schemas/with-problems.ts";

/** Message types beside the schema's: what resources may be of, and hold in an `Any`. */
export function typeRoutes({ types }: AdminContext): FastifyPluginAsyncZod {
  const find = (name: string) => types.list().find((set) => set.name === name);

  const list = () => ({ types: types.list().map((set) => ({ ...entryOf(set), messages: set.typeUrls.length })) });

  return async (app) => {
    app.get(
      "/v1/types",
      {
        schema: {
          operationId: "listTypes",
          summary: "List registered types",
          description: "The sets of message types beside the schema's own; at most 100.",
          tags: ["types"],
          response: withProblems({ 200: TypesList }),
        },
      },
      async () => list(),
    );

    app.get(
      "/v1/types/:name",
      {
        schema: {
          operationId: "getTypes",
          summary: "Show one set of types",
          tags: ["types"],
          params: TypesPath,
          response: withProblems({ 200: TypesDocument }, 400, 404),
        },
      },
      async ({ params }) => {
        const found = find(params.name);
        if (!found) throw new FairleadError("types-unknown", `No types are registered as ${params.name}.`);
        return documentOf(found);
      },
    );

    app.put(
      "/v1/types/:name",
      {
        schema: {
          operationId: "putTypes",
          summary: "Register types, or replace them",
          description:
            "From then on resources of these types are read, checked by their `validate.rules`, and served on ADS by their " +
            "type URLs. Files that were refused for want of them are read again. What is served already stays as it is. " +
            "Kept in memory: `types:` of the configuration outlives a restart.",
          tags: ["types"],
          params: TypesPath,
          body: PutTypes,
          response: withProblems({ 200: PutTypesResult }, 400, 409, 413, 503),
        },
      },
      async ({ params: { name }, body }) => {
        const descriptorSet = new Uint8Array(Buffer.from(body.descriptorSet, "base64"));
        const { types: registered, changed } = await types.put({ name, descriptorSet });
        return { ...documentOf(registered), changed };
      },
    );

    app.delete(
      "/v1/types/:name",
      {
        schema: {
          operationId: "deleteTypes",
          summary: "Take types away again",
          description: "Refused while a resource is of such a type or holds one, or other types import them.",
          tags: ["types"],
          params: TypesPath,
          response: withProblems({ 200: TypesList }, 400, 404, 409),
        },
      },
      async ({ params }) => {
        await types.remove(params.name);
        return list();
      },
    );
  };
}

function entryOf({ name, origin, digest, descriptorSet }: RegisteredTypes) {
  return { name, origin, bytes: descriptorSet.length, digest };
}

function documentOf(set: RegisteredTypes) {
  return { ...entryOf(set), typeUrls: [...set.typeUrls] };
}
