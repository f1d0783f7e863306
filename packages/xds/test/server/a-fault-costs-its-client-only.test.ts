import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { StatusCode } from "../../src/grpc/status.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { cluster } = TYPE_URLS;

test("what fails in a client's turn ends its streams with INTERNAL and is told, and others are served", async (t) => {
  const faults: unknown[] = [];
  const listen = { port: 0, onFault: (error: unknown) => faults.push(error) };
  const { cache, stream } = await startServer(t, { listen });
  // A resource that was not made by createResource, and has none of what the protocol looks at.
  const broken = { ...resource(cluster, "a"), facts: undefined as never };
  commit(cache, [broken], "bad");
  commit(cache, [resource(cluster, "b")], "good");
  const unlucky = stream({ mode: "sotw", node: { id: "bad" } });
  const other = stream({ mode: "sotw", node: { id: "good" } });
  unlucky.subscribe(cluster);
  assert.equal((await unlucky.ended).code, StatusCode.INTERNAL);
  other.subscribe(cluster);
  assert.deepEqual(namesIn(await other.next(cluster)), ["b"]);
  assert.equal(faults.length, 1);
});
