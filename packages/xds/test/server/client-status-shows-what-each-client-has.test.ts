// protocol.md S5
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { ClientResourceStatus } from "@fairlead/envoy-api/envoy/admin/v3/config_dump_shared_pb";
import {
  ClientStatusDiscoveryService,
  type ClientStatusRequestSchema,
  type ClientStatusResponseSchema,
  ConfigStatus,
} from "@fairlead/envoy-api/envoy/service/status/v3/csds_pb";
import { openChannel } from "../../src/client/channel.ts";
import { StatusCode } from "../../src/grpc/status.ts";
import { type ClientStatusOptions, clientStatusService } from "../../src/server/services/client-status.ts";
import { makeCertificate } from "../support/certificates.ts";
import { ask, openCall } from "./service-call.ts";
import { commit, remove, resource, type StartedServer, shareConnection, startServer } from "./started-server.ts";

const { fetchClientStatus, streamClientStatus } = ClientStatusDiscoveryService.method;
const { cluster, endpoints } = TYPE_URLS;
type Request = MessageInitShape<typeof ClientStatusRequestSchema>;
type Response = MessageShape<typeof ClientStatusResponseSchema>;

function start(t: TestContext, options: ClientStatusOptions = { show: "all" }): Promise<StartedServer> {
  return startServer(t, { services: [clientStatusService(options)] });
}

/** The nodes in an answer. */
async function nodesFor(t: TestContext, target: string, request: Request): Promise<string[]> {
  const { config } = await ask(t, target, fetchClientStatus, request);
  return config.map(({ node }) => node?.id ?? "").sort();
}

/** `name: config status, client status` of every resource of the only client. */
function statusesIn({ config }: Response): string[] {
  assert.equal(config.length, 1);
  return config[0]!.genericXdsConfigs
    .map(({ name, configStatus, clientStatus }) => {
      return `${name}: ${ConfigStatus[configStatus]}, ${ClientResourceStatus[clientStatus]}`;
    })
    .sort();
}

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: each resource is shown from its sending to its ACK or NACK (S5)`, async (t) => {
    const { cache, stream, target } = await start(t);
    commit(cache, [resource(cluster, "a"), resource(cluster, "b")]);
    const look = async () => await ask(t, target, fetchClientStatus, {});
    const ads = stream({ mode, node: { id: "n", cluster: "c", metadata: { team: "x" } } });
    ads.subscribe(cluster);
    const first = await ads.next(cluster);
    assert.deepEqual(statusesIn(await look()), ["a: STALE, REQUESTED", "b: STALE, REQUESTED"]);
    ads.ack(first);
    // A name that does not exist, and is answered behind the ACK.
    ads.subscribe(endpoints, ["e"]);
    ads.subscribe(cluster, ["*", "a"]);
    if (mode === "delta") await ads.nextAcked(endpoints);
    await ads.nextAcked(cluster);
    const synced = await look();
    const missing = mode === "delta" ? "e: NOT_SENT, DOES_NOT_EXIST" : "e: NOT_SENT, REQUESTED";
    assert.deepEqual(statusesIn(synced), ["a: SYNCED, ACKED", "b: SYNCED, ACKED", missing]);
    const { node, genericXdsConfigs } = synced.config[0]!;
    assert.deepEqual([node?.id, node?.cluster, node?.metadata], ["n", "c", { team: "x" }]);
    const a = genericXdsConfigs.find(({ name }) => name === "a");
    assert.deepEqual([a?.typeUrl, a?.versionInfo], [cluster, resource(cluster, "a").version]);
    assert.ok(Math.abs(Number(a?.lastUpdated?.seconds) - Date.now() / 1_000) < 60);

    commit(cache, [resource(cluster, "b", "changed")]);
    ads.nack(await ads.next(cluster), "b is not to my taste");
    await ads.expectNothing();
    const rejected = await look();
    const b = rejected.config[0]!.genericXdsConfigs.find(({ name }) => name === "b");
    assert.deepEqual([b?.configStatus, b?.clientStatus], [ConfigStatus.ERROR, ClientResourceStatus.NACKED]);
    assert.equal(b?.versionInfo, resource(cluster, "b").version, "what it goes on with");
    assert.match(b?.errorState?.details ?? "", /not to my taste/);
    assert.ok(b?.errorState?.lastUpdateAttempt);
  });
}

test("what a client waits for is not sent (S5)", async (t) => {
  const { cache, stream, target } = await start(t);
  commit(cache, [resource(endpoints, "x")]);
  const delta = stream({ mode: "delta" });
  delta.subscribe(endpoints, ["x", "y"]);
  await delta.next(endpoints);
  commit(cache, [resource(endpoints, "x", "newer"), resource(endpoints, "y")]);
  const shown = statusesIn(await ask(t, target, fetchClientStatus, {}));
  assert.deepEqual(shown, ["x: NOT_SENT, REQUESTED", "y: NOT_SENT, REQUESTED"]);
  remove(cache, endpoints, ["y"]);
});

test("contents are shown as they are redacted, and not at all by default or on demand (S5)", async (t) => {
  const redact = (typeUrl: string, value: Uint8Array) => (typeUrl === cluster ? value.subarray(0, 3) : undefined);
  for (const [options, request, shown] of [
    [{ show: "all", redact }, {}, 3],
    [{ show: "all", redact }, { excludeResourceContents: true }, undefined],
    [{ show: "all" }, {}, undefined],
  ] as const) {
    const { cache, stream, target } = await start(t, options);
    commit(cache, [resource(cluster, "a", "content")]);
    const ads = stream({ mode: "sotw" });
    ads.subscribe(cluster);
    await ads.nextAcked(cluster);
    await ads.expectNothing();
    const { config } = await ask(t, target, fetchClientStatus, request);
    assert.equal(config[0]?.genericXdsConfigs[0]?.xdsConfig?.value.length, shown);
  }
});

test("node matchers choose by id and metadata, and what is not supported is named (S5)", async (t) => {
  const { cache, stream, target } = await start(t);
  commit(cache, [resource(cluster, "a")]);
  const nodes = [
    { id: "web-1", metadata: { team: "red", weight: 2, labels: { app: "web", canary: true }, tags: ["x", "y"] } },
    { id: "web-2", metadata: { team: "Blue", weight: 5, none: null } },
    { id: "db-1", metadata: {} },
  ];
  for (const node of nodes) {
    const ads = stream({ mode: "sotw", node });
    ads.subscribe(cluster);
    await ads.next(cluster);
  }
  type Matcher = NonNullable<Request["nodeMatchers"]>[number];
  type Value = NonNullable<NonNullable<NonNullable<Matcher["nodeMetadatas"]>[number]["value"]>["matchPattern"]>;
  const text = (value: string, kind: "exact" | "prefix" | "suffix" | "contains" = "exact", ignoreCase = false) => ({
    matchPattern: { case: kind, value },
    ignoreCase,
  });
  const byId = (...given: Parameters<typeof text>) => ({ nodeId: text(...given) });
  const byMetadata = (path: string, matchPattern: Value) => ({
    nodeMetadatas: [
      {
        path: path.split(".").map((value) => ({ segment: { case: "key" as const, value } })),
        value: { matchPattern },
      },
    ],
  });
  const string = (...given: Parameters<typeof text>): Value => ({ case: "stringMatch", value: text(...given) });
  const range = { case: "range" as const, value: { start: 2, end: 5 } };
  const one = { matchPattern: { case: "oneOf" as const, value: { matchPattern: string("y") } } };
  const either = { valueMatchers: [{ matchPattern: string("red") }, { matchPattern: string("blue", "exact", true) }] };
  const cases: readonly [Matcher[], string[]][] = [
    [[], ["db-1", "web-1", "web-2"]],
    [[byId("web-1")], ["web-1"]],
    [[byId("web-", "prefix")], ["web-1", "web-2"]],
    [[byId("-1", "suffix")], ["db-1", "web-1"]],
    [[byId("EB-", "contains", true)], ["web-1", "web-2"]],
    [[byId("EB-", "contains")], []],
    [
      [byId("web-2"), byId("db", "prefix")],
      ["db-1", "web-2"],
    ],
    [[byMetadata("team", string("red"))], ["web-1"]],
    [[byMetadata("labels.app", string("web"))], ["web-1"]],
    [[byMetadata("labels", { case: "presentMatch", value: true })], []],
    [[byMetadata("team", { case: "presentMatch", value: true })], ["web-1", "web-2"]],
    [[byMetadata("labels.canary", { case: "boolMatch", value: true })], ["web-1"]],
    [[byMetadata("none", { case: "nullMatch", value: {} })], ["web-2"]],
    [[byMetadata("weight", { case: "doubleMatch", value: { matchPattern: range } })], ["web-1"]],
    [[byMetadata("weight", { case: "doubleMatch", value: { matchPattern: { case: "exact", value: 5 } } })], ["web-2"]],
    [[byMetadata("tags", { case: "listMatch", value: one })], ["web-1"]],
    [[byMetadata("team", { case: "orMatch", value: either })], ["web-1", "web-2"]],
    [[{ ...byMetadata("team", string("red")), ...byId("web-2") }], []],
  ];
  for (const [nodeMatchers, wanted] of cases) {
    assert.deepEqual(await nodesFor(t, target, { nodeMatchers }), wanted, JSON.stringify(nodeMatchers));
  }
  const regex: Value = {
    case: "stringMatch",
    value: { matchPattern: { case: "safeRegex", value: { regex: "(a+)+$" } } },
  };
  const call = openCall(t, target, fetchClientStatus);
  call.send({ nodeMatchers: [byId("x"), byMetadata("a.b", regex)] });
  const { code, message } = await call.ended;
  assert.equal(code, StatusCode.INVALID_ARGUMENT);
  assert.match(message, /^node_matchers\[1\]\.node_metadatas\[0\]\.value\.string_match\.safe_regex:/);
});

test("a proxy is told of itself only: by its connection, and whoever is no proxy of nothing (S5)", async (t) => {
  const { cache, stream, target } = await start(t, {});
  commit(cache, [resource(cluster, "a")]);
  const channel = shareConnection(t, target);
  for (const [id, own] of [
    ["mine", { channel }],
    ["other", {}],
  ] as const) {
    const ads = stream({ mode: "sotw", node: { id }, ...own });
    ads.subscribe(cluster);
    await ads.next(cluster);
  }
  const own = openCall(t, target, streamClientStatus, channel);
  for (let asked = 0; asked < 2; asked++) {
    own.send({});
    assert.deepEqual(
      (await own.next()).config.map(({ node }) => node?.id),
      ["mine"],
    );
  }
  const stranger = openCall(t, target, streamClientStatus);
  stranger.send({ nodeMatchers: [{ nodeId: { matchPattern: { case: "exact", value: "mine" } } }] });
  assert.equal((await stranger.ended).code, StatusCode.PERMISSION_DENIED);
});

test("with client certificates, a proxy is told of its own identity, and a reader of all (S5)", async (t) => {
  const authority = makeCertificate("authority");
  const server = makeCertificate("server", { issuer: authority, sans: [["DNS", "localhost"]] });
  const identity = (name: string) =>
    makeCertificate(name, { issuer: authority, sans: [["URI", `spiffe://test/${name}`]] });
  const tls = { cert: { pem: server.cert }, key: { pem: server.key }, clientCa: { pem: authority.cert } };
  const isReader = (sans: readonly string[]) => sans.includes("spiffe://test/operator");
  const { cache, stream, target } = await startServer(t, {
    services: [clientStatusService({ isReader })],
    listen: { port: 0, tls },
  });
  commit(cache, [resource(cluster, "a")]);
  const connectAs = (name: string) => {
    const { cert, key } = identity(name);
    const channel = openChannel({ target, tls: { ca: authority.cert, cert, key, serverName: "localhost" } });
    t.after(() => channel.close());
    return channel;
  };
  for (const name of ["red", "blue"]) {
    const ads = stream({ mode: "sotw", node: { id: name }, channel: connectAs(name) });
    ads.subscribe(cluster);
    await ads.next(cluster);
  }
  for (const [name, seen] of [
    ["red", ["red"]],
    ["blue", ["blue"]],
    ["operator", ["blue", "red"]],
  ] as const) {
    const call = openCall(t, target, streamClientStatus, connectAs(name));
    call.send({});
    assert.deepEqual((await call.next()).config.map(({ node }) => node?.id).sort(), seen, name);
  }
});

test("an answer has a bound, and beyond it an error says what to do (S5)", async (t) => {
  const { cache, stream, target } = await start(t, { show: "all", redact: (_, value) => value });
  const many = Array.from({ length: 20 }, (_, index) => resource(cluster, `c${index}`, "x".repeat(200_000)));
  commit(cache, many);
  const ads = stream({ mode: "delta" });
  ads.subscribe(cluster);
  await ads.nextAcked(cluster);
  await ads.expectNothing();
  const call = openCall(t, target, fetchClientStatus);
  call.send({});
  const { code, message } = await call.ended;
  assert.equal(code, StatusCode.RESOURCE_EXHAUSTED);
  assert.match(message, /3500000 bytes.*exclude_resource_contents/);
  const { config } = await ask(t, target, fetchClientStatus, { excludeResourceContents: true });
  assert.equal(config[0]?.genericXdsConfigs.length, many.length);
});
