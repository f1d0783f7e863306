import assert from "node:assert/strict";
import { z } from "zod";
import type { Answer, RunningFairlead } from "./fairlead.ts";

/** Asks a server, and holds each answer against the document that it serves itself. */
export interface Contract {
  /** `path` as the document has it, with `{names}` that `params` fills in. */
  ask(method: string, path: string, params?: Readonly<Record<string, string>>, body?: unknown): Promise<Answer>;
  /** What the document says of an operation. */
  // biome-ignore lint/suspicious/noExplicitAny: it is what the server serves
  operation(method: string, path: string): any;
}

/** Reads the OpenAPI document of a running control plane. */
export async function readContract({ request }: RunningFairlead): Promise<Contract> {
  const { body: document } = await request("GET", "/openapi.json");
  const definitions = JSON.parse(
    JSON.stringify(document.components.schemas).replaceAll("#/components/schemas/", "#/$defs/"),
  );
  const operation = (method: string, path: string) => document.paths[path]?.[method.toLowerCase()];
  const check = (schema: unknown, value: unknown, what: string) => {
    const text = JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/");
    const result = z.fromJSONSchema({ ...JSON.parse(text), $defs: definitions }).safeParse(value);
    assert.ok(result.success, `${what}: ${result.error && z.prettifyError(result.error)}`);
  };
  return {
    operation,
    async ask(method, path, params = {}, body) {
      const described = operation(method, path);
      assert.ok(described, `${method} ${path} is described`);
      const url = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ""));
      const answer = await request(method, url, body);
      const response = described.responses[answer.status];
      const what = `${method} ${url}: ${answer.status}`;
      assert.ok(response, `${what} is described; ${JSON.stringify(answer.body)}`);
      const mediaType = answer.headers.get("content-type")?.split(";")[0];
      if (answer.status === 204) assert.equal(answer.body, "");
      else check(response.content[mediaType ?? ""]?.schema, answer.body, what);
      if (answer.status < 300 && body !== undefined) {
        check(described.requestBody.content["application/json"].schema, body, `${what}, its request`);
      }
      return answer;
    },
  };
}
