import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { collectGarbage } from "../support/collect-garbage.ts";
import { waitFor } from "../support/wait-for.ts";
import { commit, resource, startServer } from "./started-server.ts";

/** Commits that concern another; the server looks at everybody after 1,000. */
const COMMITS = 1_100;

test("a client that no change concerns for long keeps no content of others alive", async (t) => {
  const { server, cache, stream } = await startServer(t);
  const put = (name: string, content: string) => {
    const made = resource(TYPE_URLS.endpoints, name, content);
    commit(cache, [made]);
    return new WeakRef(made);
  };
  put("mine", "content");
  const old = Array.from({ length: 10 }, (_, n) => put(`other-${n}`, "old"));
  const idle = stream({ mode: "delta" });
  idle.subscribe(TYPE_URLS.endpoints, ["mine"]);
  await idle.nextAcked(TYPE_URLS.endpoints);
  await waitFor("its ACK", () => [...server.clients()][0]?.types[0]?.state === "SYNCED");
  for (let n = 0; n < COMMITS; n++) put(`other-${n % 10}`, `${n}`);
  await waitFor("the collection of what was replaced", () => {
    collectGarbage();
    return old.every((reference) => reference.deref() === undefined);
  });
  assert.equal(idle.pending.length, 0);
});
