import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";

test("the OpenAPI document has every route, says what each part means, and all its references lead somewhere", async (t) => {
  const { request } = await start(t);
  const { body: document } = await request("GET", "/openapi.json");
  assert.equal(document.openapi, "3.1.0");
  const operations = Object.entries<Record<string, object>>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(operations.sort(), [
    "DELETE /v1/groups/{group}",
    "DELETE /v1/groups/{group}/resources",
    "DELETE /v1/rules",
    "DELETE /v1/services/{service}",
    "DELETE /v1/services/{service}/instances/{id}",
    "DELETE /v1/sources/{source}",
    "DELETE /v1/templates/{group}",
    "DELETE /v1/types/{name}",
    "GET /debug/flamegraph",
    "GET /debug/pprof/",
    "GET /debug/pprof/heap",
    "GET /debug/pprof/profile",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "GET /v1/alarms",
    "GET /v1/backup",
    "GET /v1/events",
    "GET /v1/groups",
    "GET /v1/groups/{group}",
    "GET /v1/groups/{group}/resources",
    "GET /v1/instances/events",
    "GET /v1/nodes",
    "GET /v1/nodes/{id}",
    "GET /v1/registry.proto",
    "GET /v1/replicas",
    "GET /v1/revisions",
    "GET /v1/revisions/{from}/diff/{to}",
    "GET /v1/revisions/{revision}",
    "GET /v1/rules",
    "GET /v1/server",
    "GET /v1/services",
    "GET /v1/services/{service}",
    "GET /v1/services/{service}/instances",
    "GET /v1/services/{service}/instances/{id}",
    "GET /v1/templates",
    "GET /v1/templates/{group}",
    "GET /v1/types",
    "GET /v1/types/{name}",
    "PATCH /v1/groups/{group}/resources",
    "POST /v1/alarms/{service}/accept",
    "POST /v1/announcements",
    "POST /v1/replicas/heartbeats",
    "POST /v1/replicas/reception",
    "POST /v1/restore",
    "POST /v1/revisions/{revision}/rollback",
    "POST /v1/services/{service}/instances/{id}/heartbeat",
    "PUT /v1/groups/{group}/resources",
    "PUT /v1/rules",
    "PUT /v1/services/{service}",
    "PUT /v1/services/{service}/instances/{id}",
    "PUT /v1/templates/{group}",
    "PUT /v1/types/{name}",
  ]);
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
  assert.ok(references.length > 10);
  for (const name of references) assert.ok(document.components.schemas[name], name);
  for (const methods of Object.values<Record<string, Operation>>(document.paths)) {
    for (const [method, { operationId, summary, parameters = [], responses }] of Object.entries(methods)) {
      assert.ok(operationId && summary, method);
      for (const { name, description } of parameters) assert.ok(description, `${operationId}: ${name}`);
      for (const { description } of Object.values(responses)) assert.ok(description.length > 5, operationId);
    }
  }
});

test("every route that reads answers as its own document says", async (t) => {
  const { request } = await start(t);
  const { body: document } = await request("GET", "/openapi.json");
  for (const path of Object.keys(document.paths)) {
    if (!document.paths[path].get) continue;
    const concrete = path
      .replace(/\{[^}]+\}/g, "x")
      .replace("/events", "/events?follow=false")
      .replace(/(flamegraph|profile)$/, "$1?seconds=1");
    const { status, headers } = await request("GET", concrete);
    const declared = document.paths[path].get.responses[status];
    assert.ok(declared, `${path}: ${status}`);
    const mediaType = headers.get("content-type")?.split(";")[0];
    assert.ok(Object.keys(declared.content).includes(mediaType ?? ""), `${path}: ${mediaType}`);
  }
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
  readonly responses: Record<string, { readonly description: string }>;
}
