import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeCertificate } from "../../../../../test/support/certificate.ts";
import { startEtcd } from "../../../../../test/support/etcd.ts";
import { makeScratch } from "../../../../../test/support/scratch.ts";
import { requireTool } from "../../../../../test/support/tools.ts";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { openStore } from "../../../src/store/create-store.ts";
import { openEtcd } from "../../../src/store/etcd/open-etcd.ts";
import { type EtcdSettings, parseEtcdUrl } from "../../../src/store/etcd/settings.ts";
import { settingsOf } from "../../../src/store/open-configured.ts";
import { runFairlead } from "../../support/cli.ts";
import { document } from "../contract/contract.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};
const program = "path" in tool ? tool.path : "";

/** A store in an etcd, which ends with the test. */
async function open(t: TestContext, settings: EtcdSettings) {
  const place = openEtcd(settings);
  t.after(() => place.close());
  const store = await openStore(place.log);
  t.after(() => store.close());
  return { place, store };
}

test(
  "a user with a role for the prefix and nothing else is enough; tokens that ran out are renewed; others are refused",
  options,
  async (t) => {
    const etcd = await startEtcd(program, { flags: ["--auth-token-ttl=1"] });
    t.after(() => etcd.close());
    const ask = async (path: string, body: object, token?: string) => {
      const headers = token === undefined ? {} : { authorization: token };
      const url = `http://${etcd.endpoints[0]}/v3/auth/${path}`;
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers });
      assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
      return (await response.json()) as { token?: string };
    };
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    for (const [name, password] of [
      ["root", "r00t"],
      ["fairlead", "s3cret"],
      ["stranger", "other"],
    ]) {
      await ask("user/add", { name, password });
    }
    await ask("role/add", { name: "root" });
    await ask("user/grant", { user: "root", role: "root" });
    await ask("role/add", { name: "fairlead" });
    const perm = { permType: "READWRITE", key: base64("/fairlead/"), range_end: base64("/fairlead0") };
    await ask("role/grant", { name: "fairlead", perm });
    await ask("user/grant", { user: "fairlead", role: "fairlead" });
    await ask("enable", {});

    const url = parseEtcdUrl(etcd.url);
    const { place, store } = await open(t, { ...url, username: "fairlead", password: "s3cret" });
    const replication = place.replicate({ id: "a", adminUrl: "http://a" });
    t.after(() => replication.close());
    const election = replication.elect("sources");
    await store.commit([document("a", 1)]);
    await waitFor("its replica to be listed", () => replication.membership.isListed() && election.isLeader());
    // A token lives a second after its last use; the watch is held by none.
    const other = await open(t, { ...url, username: "fairlead", password: "s3cret" });
    const { token } = await ask("authenticate", { name: "root", password: "r00t" });
    await waitFor(
      "that token to run out",
      async () => {
        const headers = { authorization: token! };
        const response = await fetch(`http://${etcd.endpoints[0]}/v3/auth/user/list`, {
          method: "POST",
          body: "{}",
          headers,
        });
        return response.status === 401;
      },
      { intervalMs: 2_500 },
    );
    await other.store.commit([document("a", 2)]);
    await waitFor("the other to hear of it", () => store.state().documents.get("a")?.value === 2);

    const refused = { code: "store-unusable" };
    await assert.rejects(open(t, { ...url, username: "fairlead", password: "wrong" }), refused);
    await assert.rejects(open(t, { ...url, username: "stranger", password: "other" }), refused);
    const withoutUser = open(t, url).then(
      () => undefined,
      (error: Error) => error,
    );
    const error = await withoutUser;
    assert.match(String(error), /store\.etcd\.username/);
    assert.doesNotMatch(String(error), /s3cret/);

    const scratch = makeScratch("etcd-users");
    t.after(scratch.remove);
    const [config, backup] = [join(scratch.path, "fairlead.yaml"), join(scratch.path, "backup")];
    writeFileSync(config, `store: { etcd: { endpoints: ["${etcd.endpoints[0]}"], username: fairlead } }\n`);
    const run = (...args: string[]) => runFairlead(t, args, { FAIRLEAD_ETCD_PASSWORD: "s3cret" });
    const taken = await run("backup", backup, "--config", config);
    assert.equal(taken.code, 0, taken.stderr);
    const moved = await run("restore", backup, "--config", config, "--store", `${etcd.url}/fairlead/two`);
    assert.match(moved.stdout, /\/fairlead\/two holds it: 0 groups, 1 document/, moved.stderr);
  },
);

test(
  "etcd knows its client by a certificate, which may be renewed: the files are read for each connection",
  options,
  async (t) => {
    const scratch = makeScratch("etcd-tls");
    t.after(scratch.remove);
    const write = (name: string, text: string) => {
      writeFileSync(join(scratch.path, name), text);
      return join(scratch.path, name);
    };
    const [server, asker, first, second] = ["localhost", "asker", "fairlead", "fairlead"].map((name) =>
      makeCertificate(name),
    ) as [Pair, Pair, Pair, Pair];
    const trust = (client: Pair) =>
      write("clients.pem", [client, asker, server].map(({ certificate }) => certificate).join(""));
    const hold = (client: Pair) => ({
      cert: write("client.pem", client.certificate),
      key: write("client.key", client.privateKey),
    });
    const flags = [
      `--cert-file=${write("server.pem", server.certificate)}`,
      `--key-file=${write("server.key", server.privateKey)}`,
      "--client-cert-auth",
      `--trusted-ca-file=${trust(first)}`,
    ];
    const tls = { ca: server.certificate, cert: asker.certificate, key: asker.privateKey };
    const etcd = await startEtcd(program, { flags, tls });
    t.after(() => etcd.close());
    const endpoints = etcd.endpoints.map((endpoint) => `localhost:${endpoint.split(":")[1]}`);
    const files = { ca: join(scratch.path, "server.pem"), ...hold(first) };
    const warnings: string[] = [];
    const settings = settingsOf({ endpoints, tls: files }, (message) => warnings.push(message));
    const { store } = await open(t, settings);
    assert.ok((await store.commit([document("a", 1)])).changed);

    await etcd.members[0]!.stop();
    rmSync(files.cert);
    await waitFor("it to tell what cannot be read", () => warnings.length > 0);
    assert.match(warnings[0]!, /^store\.etcd\.tls\.cert cannot be read/);
    hold(second);
    trust(second);
    await etcd.members[0]!.start();
    await waitFor("it to come with the new one", async () =>
      store.commit([document("a", 2)]).then(
        () => true,
        () => false,
      ),
    );
  },
);

type Pair = ReturnType<typeof makeCertificate>;
