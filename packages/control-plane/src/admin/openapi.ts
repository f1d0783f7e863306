import type { SwaggerTransformObject } from "@fastify/swagger";
import { jsonSchemaTransformObject } from "fastify-type-provider-zod";

/** What the OpenAPI document says besides its routes. */
export const OPENAPI_HEAD = {
  openapi: "3.1.0",
  info: {
    title: "Fairlead admin API",
    description: "Reads and changes what proxies are served, and shows how they take it.",
    version: "1",
  },
  tags: [
    { name: "resources", description: "What the proxies of a group are served." },
    { name: "services", description: "Services that announce themselves, and their instances." },
    { name: "groups", description: "Proxies that share a configuration." },
    { name: "nodes", description: "Connected proxies, and how each takes its configuration." },
    { name: "replicas", description: "The control planes that serve one store." },
    { name: "revisions", description: "What changed when, by whom, and how proxies took it." },
    { name: "backup", description: "All that the store holds, as a file and back." },
    { name: "events", description: "What happens, as it happens." },
    { name: "types", description: "Message types beside the schema's own." },
    { name: "health", description: "For probes, monitoring and tools." },
    { name: "profiles", description: "Where the time goes and what holds memory, on the running server." },
  ],
};

const REF_PREFIX = "#/components/schemas/";

/**
 * Adds the named schemas to the OpenAPI document. The library writes each twice, as it is sent (`XInput`) and as it is
 * answered (`X`); here only the one in use stays, as `X`.
 */
export const tidyOpenApi: SwaggerTransformObject = (document) => {
  const full = jsonSchemaTransformObject(document) as OpenApi;
  const all = full.components?.schemas ?? {};
  const used = new Set<string>();
  collect(full.paths, all, used);
  const finalName = (name: string) =>
    name.endsWith("Input") && !used.has(name.slice(0, -5)) ? name.slice(0, -5) : name;
  const schemas = Object.fromEntries([...used].sort().map((name) => [finalName(name), all[name]]));
  const tidy = renameRefs({ ...full, components: { ...full.components, schemas } }, finalName) as OpenApi;
  describeAnswers(tidy);
  return tidy as ReturnType<SwaggerTransformObject>;
};

interface OpenApi {
  readonly paths?: Record<string, Record<string, { responses?: Record<string, Answer> }>>;
  readonly components?: { readonly schemas?: Record<string, { description?: string }> };
}

interface Answer {
  description?: string;
  readonly content?: Record<string, { schema?: { $ref?: string } }>;
}

/** Adds the names of all schemas that a part of the document leads to. */
function collect(part: unknown, all: Readonly<Record<string, unknown>>, found: Set<string>): void {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key !== "$ref" || typeof value !== "string") {
      collect(value, all, found);
      continue;
    }
    const name = value.slice(REF_PREFIX.length);
    if (found.has(name)) continue;
    found.add(name);
    collect(all[name], all, found);
  }
}

function renameRefs(part: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(part)) return part.map((item) => renameRefs(item, rename));
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).map(([key, value]) => {
    if (key === "$ref" && typeof value === "string") return [key, REF_PREFIX + rename(value.slice(REF_PREFIX.length))];
    return [key, renameRefs(value, rename)];
  });
  return Object.fromEntries(entries);
}

/** An answer without words of its own takes those of its schema. */
function describeAnswers(document: OpenApi): void {
  const answers = Object.values(document.paths ?? {}).flatMap((operations) =>
    Object.values(operations).flatMap(({ responses = {} }) => Object.values(responses)),
  );
  for (const answer of answers) {
    if (answer.description !== "Default Response") continue;
    const ref = Object.values(answer.content ?? {})[0]?.schema?.$ref?.slice(REF_PREFIX.length);
    answer.description = document.components?.schemas?.[ref ?? ""]?.description ?? "The answer.";
  }
}
