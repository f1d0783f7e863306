// protocol.md S1 to S6, with the connections in other threads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "node:tls";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { ClientStatusDiscoveryService } from "@fairlead/envoy-api/envoy/service/status/v3/csds_pb";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "@fairlead/envoy-api/grpc/health/v1/health_pb";
import { ServerReflection } from "@fairlead/envoy-api/grpc/reflection/v1/reflection_pb";
import { openChannel } from "../../src/client/channel.ts";
import { StatusCode } from "../../src/grpc/status.ts";
import { clientStatusService } from "../../src/server/services/client-status.ts";
import { healthService } from "../../src/server/services/health.ts";
import { reflectionServices } from "../../src/server/services/reflection.ts";
import { hear } from "../server/heard.ts";
import { ask, openCall } from "../server/service-call.ts";
import { commit, namesIn, resource, startServer } from "../server/started-server.ts";
import { makeCertificate } from "../support/certificates.ts";
import { cluster as realCluster } from "../support/real-resource.ts";
import { Poller, rest } from "../support/rest-client.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const { cluster } = TYPE_URLS;
const services = [healthService(), ...reflectionServices(), clientStatusService({ show: "all" })];

test("SotW, delta, REST, health, reflection and CSDS; a message of megabytes, and a method that nobody has", async (t) => {
  const { server, cache, stream, target } = await startServer(t, { workers: 2, services });
  commit(cache, [realCluster("a")]);
  for (const mode of ["sotw", "delta"] as const) {
    const ads = stream({ mode, node: { id: mode } });
    ads.subscribe(cluster);
    assert.deepEqual(namesIn(await ads.nextAcked()), ["a"]);
  }
  const poller = new Poller(target, "clusters", { node: { id: "rest" } });
  assert.deepEqual(await poller.poll(), ["a"]);
  assert.equal(await poller.poll(), "unchanged");
  assert.equal((await rest(target, "/v3/discovery:clusters", { node: { id: "h2" } }, { http2: true })).status, 200);
  assert.equal((await rest(target, "/v3/discovery:clusters", "", { method: "GET" })).status, 405);
  assert.equal((await rest(target, "/elsewhere", {})).status, 404);
  assert.equal((await rest(target, "/v3/discovery:clusters", "no JSON")).status, 400);
  assert.equal((await ask(t, target, Health.method.check, {})).status, Serving.SERVING);
  const reflection = openCall(t, target, ServerReflection.method.serverReflectionInfo);
  reflection.send({ messageRequest: { case: "listServices", value: "" } });
  assert.equal((await reflection.next()).messageResponse.case, "listServicesResponse");
  const { config } = await ask(t, target, ClientStatusDiscoveryService.method.fetchClientStatus, {});
  assert.ok(["sotw", "delta", "rest"].every((id) => config.some(({ node }) => node?.id === id)));
  const large = stream({ mode: "delta", node: { id: "large" } });
  const names = Array.from({ length: 60_000 }, (_, index) => `a name that nobody serves, number ${index}`);
  large.subscribe(TYPE_URLS.endpoints, names); // 2.5 MB, beside the ring
  await waitFor("its subscription", () =>
    [...server.clients()].some(({ types }) => types.some(({ typeUrl }) => typeUrl === TYPE_URLS.endpoints)),
  );
  const connection = connectTo(target);
  t.after(() => connection.close());
  const unknown = startCall(connection, "/example.Unknown/Method");
  assert.equal((await unknown.ended).code, StatusCode.UNIMPLEMENTED);
});

test("mutual TLS: identities reach the engine, and failed handshakes are published in its thread", async (t) => {
  const authority = makeCertificate("test authority");
  const own = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
  const client = makeCertificate("client", { issuer: authority, sans: [["URI", "spiffe://a/b"]] });
  const tls = { cert: { pem: own.cert }, key: { pem: own.key }, clientCa: { pem: authority.cert } };
  const failures = hear(t, "fairlead:xds:handshake-failed");
  const { server, cache, stream, target } = await startServer(t, { workers: 2, listen: { port: 0, tls } });
  commit(cache, [resource(cluster, "a")]);
  const channel = openChannel({ target, tls: { ca: authority.cert, cert: client.cert, key: client.key } });
  t.after(() => channel.close());
  const ads = stream({ mode: "delta", channel });
  ads.subscribe(cluster);
  await ads.nextAcked();
  assert.deepEqual([...server.clients()][0]?.node.sans, ["spiffe://a/b"]);
  const socket = connect({ port: server.address.port, host: "127.0.0.1", ca: authority.cert, ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  await waitFor("the refusal", () => failures.some(({ peer }) => peer.startsWith("127.0.0.1:")));
});

test("a drain ends streams that have answered, and what is open at the end is closed", async (t) => {
  const { server, cache, stream } = await startServer(t, { workers: 2 });
  commit(cache, [resource(cluster, "a")]);
  const streams = Array.from({ length: 4 }, (_, index) => stream({ mode: "sotw", node: { id: `n${index}` } }));
  const [silent, ...others] = streams;
  for (const one of streams) one.subscribe(cluster);
  for (const one of others) await one.nextAcked();
  await silent!.next();
  const drained = server.drain();
  for (const one of others) assert.equal((await one.ended).code, StatusCode.UNAVAILABLE);
  assert.equal(silent!.end, undefined, "it has not answered yet");
  await server.close();
  assert.equal((await silent!.ended).code, StatusCode.UNAVAILABLE);
  await drained;
  assert.deepEqual([...server.clients()], []);
});
