// protocol.md C2, S4
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { type ChannelMessages, xdsChannel } from "../../src/channels.ts";
import { StatusCode } from "../../src/grpc/status.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { cluster, endpoints } = TYPE_URLS;
const UNKNOWN = "type.googleapis.com/example.Newer";

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: an empty type on ADS is refused (C2)`, async (t) => {
    const { stream } = await startServer(t);
    const ads = stream({ mode });
    ads.subscribe("");
    const { code, message } = await ads.ended;
    assert.equal(code, StatusCode.INVALID_ARGUMENT);
    assert.match(message, /type_url/);
  });

  test(`${mode}: a service for one type implies it, and refuses others (C2)`, async (t) => {
    const { cache, stream } = await startServer(t);
    commit(cache, [resource(endpoints, "e")]);
    const implied = stream({ mode, typeUrl: endpoints });
    if (mode === "sotw") implied.sendSotw({ typeUrl: "", resourceNames: ["e"] });
    else implied.sendDelta({ typeUrl: "", subscribe: ["e"] });
    assert.deepEqual(namesIn(await implied.next(endpoints)), ["e"]);
    const other = stream({ mode, typeUrl: endpoints });
    other.subscribe(cluster);
    assert.equal((await other.ended).code, StatusCode.INVALID_ARGUMENT);
  });
}

test("an unknown type is silent in SotW, removed in delta, and told once (C2)", async (t) => {
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "a")]);
  const warnings: string[] = [];
  const listen = ({ typeUrl, message }: ChannelMessages["fairlead:xds:warning"]) =>
    warnings.push(`${typeUrl} ${message}`);
  xdsChannel("fairlead:xds:warning").subscribe(listen);
  t.after(() => xdsChannel("fairlead:xds:warning").unsubscribe(listen));

  const sotw = stream({ mode: "sotw" });
  sotw.subscribe(UNKNOWN);
  sotw.subscribe(cluster);
  await sotw.nextAcked(cluster);
  sotw.subscribe(UNKNOWN, ["x"]);
  await sotw.expectNothing();

  const delta = stream({ mode: "delta" });
  delta.subscribe(UNKNOWN, ["x", "y"]);
  assert.deepEqual(namesIn(await delta.nextAcked(UNKNOWN)), ["-x", "-y"]);
  delta.subscribe(cluster);
  assert.deepEqual(namesIn(await delta.nextAcked(cluster)), ["a"]);
  await delta.expectNothing();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /example\.Newer/);
});

test("a type that only the registry knows, or only the snapshot, is served on ADS (S4)", async (t) => {
  const registered = "type.googleapis.com/example.Registered";
  const { cache, stream } = await startServer(t, { isKnownType: (typeUrl) => typeUrl === registered });
  commit(cache, [resource(cluster, "a"), resource(UNKNOWN, "x"), resource(UNKNOWN, "y")]);
  for (const mode of ["sotw", "delta"] as const) {
    const ads = stream({ mode });
    ads.subscribe(UNKNOWN);
    assert.deepEqual(namesIn(await ads.nextAcked(UNKNOWN)), ["x", "y"]);
    // Nothing of it is there, but it is known: that is an answer.
    ads.subscribe(registered);
    const empty = await ads.nextAcked((response) => response.typeUrl === registered);
    assert.deepEqual(namesIn(empty), []);
    commit(cache, [resource(UNKNOWN, "x", mode)]);
    assert.ok(namesIn(await ads.nextAcked(UNKNOWN)).includes("x"));
    await ads.close();
  }
});
