import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "../../scripts/peers/build-rest.ts";
import { startPeer } from "../support/running-peer.ts";

interface Answer {
  readonly version_info: string;
  readonly resources: readonly { readonly "@type": string; readonly clusterName: string }[];
}

test("the peer on REST answers what is named, and 304 to who has the newest version", async (t) => {
  const built = await build();
  assert.ok(built.kind === "built");
  const peer = await startPeer(built.command, []);
  t.after(async () => assert.equal(await peer.end(), 0));
  const poll = (body: object) =>
    fetch(`http://${peer.xds}/v3/discovery:endpoints`, { method: "POST", body: JSON.stringify(body) });

  const all = (await (await poll({})).json()) as Answer;
  assert.equal(all.resources.length, 10);
  assert.equal((await poll({ version_info: all.version_info })).status, 304);
  assert.equal((await peer.change("sequence=7&resource=3")).status, 204);
  const changed = await poll({ version_info: all.version_info, resource_names: ["bench-3"] });
  const { version_info, resources } = (await changed.json()) as Answer;
  assert.notEqual(version_info, all.version_info);
  assert.deepEqual(
    Array.from(resources, ({ clusterName }) => clusterName),
    ["bench-3"],
  );
  assert.match(JSON.stringify(resources), /"hostname":"change-000000000007"/);
  assert.equal((await fetch(`http://${peer.xds}/v3/discovery:endpoints`, { method: "POST", body: "{" })).status, 400);
  assert.equal((await fetch(`http://${peer.xds}/v3/discovery:clusters`, { method: "POST", body: "{}" })).status, 404);
});
