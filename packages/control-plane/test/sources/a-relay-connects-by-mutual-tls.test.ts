import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import { formatHostPort } from "../../src/config/config.ts";
import { start } from "../support/fairlead.ts";
import { until } from "../support/until.ts";
import { directory, edsCluster, endpoints, relayOf, run } from "./support.ts";

test("a relay shows its certificate, checks the upstream's, and reads renewed ones for the next connection", async (t) => {
  const folder = directory(t);
  const authority = makeCertificate("authority");
  const server = makeCertificate("control-plane", { issuer: authority, sans: [["DNS", "control-plane"]] });
  const client = makeCertificate("relay", { issuer: authority, sans: [["URI", "spiffe://shop/relay"]] });
  const stranger = makeCertificate("stranger");
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const ca = write("ca.pem", authority.cert);
  const tls = { cert: write("server.pem", server.cert), key: write("server-key.pem", server.key), clientCa: ca };
  const origin = await start(t, {
    config: { xds: { tls }, groups: [{ san: "spiffe://shop/relay", group: "default" }] },
  });
  await origin.put("default", [edsCluster("a"), endpoints("a", 80)]);
  const files = { ca, cert: write("client.pem", stranger.cert), key: write("client-key.pem", stranger.key) };
  const target = formatHostPort(origin.fairlead.xdsAddress);
  const settings = { tls: { ...files, serverName: "control-plane" } };
  const relay = await run(t, relayOf([target], settings));
  await until("it is refused", async () => (await relay.get("/readyz")).sources[0].error !== undefined);
  assert.deepEqual(await relay.held(), []);

  write("client.pem", client.cert);
  write("client-key.pem", client.key);
  await relay.fairlead.ready;
  await until("it is let in", async () => (await relay.held()).length === 2);
});
