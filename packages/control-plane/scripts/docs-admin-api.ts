import { configOf } from "../src/config/config.ts";
import { ERRORS } from "../src/errors.ts";
import { startFairlead } from "../src/serve.ts";
import { GENERATED, type JsonSchema, markdownTable, typeInWords } from "./json-schema.ts";

interface OpenApi {
  readonly info: { readonly title: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** docs/admin-api.md, written from the OpenAPI document that a started control plane answers with. */
export async function renderAdminApi(): Promise<string> {
  const api = await fetchOpenApi();
  const sections = api.tags.map(({ name, description }) => {
    const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.tags?.includes(name))
        .map(([method, operation]) => renderOperation(method, path, operation)),
    );
    return [`## ${capital(name)}`, description, ...operations].join("\n\n");
  });
  const schemas = Object.entries(api.components.schemas).map(([name, schema]) => renderSchema(name, schema));
  const parts = [GENERATED, `# ${api.info.title}`, INTRODUCTION, ...sections, "## Schemas", ...schemas, renderErrors()];
  return `${parts.join("\n\n")}\n`;
}

const INTRODUCTION = `Reads and changes what proxies are served, and shows how they take it. It listens on \`127.0.0.1:18001\` unless
[configured](configuration.md) otherwise, has no authentication, and so answers on loopback to loopback names only.
\`GET /openapi.json\` is the machine-readable form of this page.

\`\`\`sh
curl -X PUT localhost:18001/v1/groups/default/resources?wait=acked -H 'content-type: application/json' -d '{
  "resources": [{
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "name": "web", "connect_timeout": "1s"
  }]
}'
\`\`\`

What is not a success is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) of media type
\`application/problem+json\`; its \`code\` is one of [these](#codes).`;

async function fetchOpenApi(): Promise<OpenApi> {
  const listen = "127.0.0.1:0";
  const fairlead = await startFairlead({ config: configOf({ xds: { listen }, admin: { listen }, drainMs: 0 }) });
  try {
    const response = await fetch(`${fairlead.adminUrl}/openapi.json`);
    return (await response.json()) as OpenApi;
  } finally {
    await fairlead.close();
  }
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const parts = [
    `### ${method.toUpperCase()} ${path}`,
    `**${summary}.** ${description ?? ""}`.replace("?.**", "?**").trim(),
  ];
  if (parameters.length > 0) {
    const rows = parameters.map((it) => [
      `\`${it.name}\`${it.in === "path" ? " (path)" : ""}`,
      typeInWords(it.schema),
      it.schema.default === undefined ? "" : `\`${String(it.schema.default)}\``,
      it.description ?? it.schema.description ?? "",
    ]);
    parts.push(markdownTable(["parameter", "type", "default", "meaning"], rows));
  }
  if (requestBody) parts.push(`Body: ${contentInWords(requestBody.content)}`);
  const rows = Object.entries(responses).map(([status, { description: meaning, content }]) => [
    status,
    contentInWords(content ?? {}),
    meaning,
  ]);
  parts.push(markdownTable(["status", "body", "meaning"], rows));
  return parts.join("\n\n");
}

function contentInWords(content: Content): string {
  return Object.values(content)
    .map(({ schema }) => typeInWords(schema))
    .join(", ");
}

function renderSchema(name: string, schema: JsonSchema): string {
  const parts = [`### ${name}`];
  if (schema.description) parts.push(schema.description);
  const rows = fieldRows(schema, "");
  if (rows.length > 0) parts.push(markdownTable(["field", "type", "", "meaning"], rows));
  return parts.join("\n\n");
}

/** One row a field, with those of nested objects and of objects in lists below theirs. */
function fieldRows(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const row = [
      `\`${path}\``,
      typeInWords(field),
      schema.required?.includes(name) ? "" : "optional",
      field.description ?? "",
    ];
    const nested = field.type === "array" ? fieldRows(field.items ?? {}, `${path}[].`) : fieldRows(field, `${path}.`);
    return [row, ...nested];
  });
}

function renderErrors(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]);
  return `## Codes\n\n${markdownTable(["code", "status", "meaning"], rows)}`;
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
