// protocol.md S5 with clients that others wrote: grpcurl, by server reflection alone, and an Envoy whose status it shows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { makeCertificate } from "../support/certificate.ts";
import { startFairlead } from "../support/control-plane.ts";
import { startEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/free-port.ts";
import { testWithEnvoy } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration, tlsSecret } from "../support/resources.ts";
import { requireTool } from "../support/tools.ts";
import { waitFor } from "../support/wait-for.ts";

const mode = "ads-delta";
const CSDS = "envoy.service.status.v3.ClientStatusDiscoveryService";
const start = (folder: string) => startFairlead({ folder, services: { csds: { show: "all" } } });

interface Status {
  readonly config: readonly {
    readonly node: { readonly id: string };
    readonly genericXdsConfigs: readonly {
      readonly name: string;
      readonly configStatus?: string;
      readonly clientStatus?: string;
    }[];
  }[];
}

testWithEnvoy("grpcurl needs no .proto file, and shows what an Envoy has", start, async (lab, binary, t) => {
  const tool = requireTool("grpcurl");
  if ("skip" in tool) return t.skip(tool.skip);
  const { plane, backends, folder } = lab;
  const target = `127.0.0.1:${plane.xdsPort}`;
  const grpcurl = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(tool.path, ["-plaintext", "-max-time", "20", ...args]);
    return stdout;
  };
  const services = (await grpcurl(target, "list")).trim().split("\n");
  assert.ok(services.includes("grpc.health.v1.Health") && services.includes(CSDS), services.join());
  // All in one call: it asks for each, resolves what it refers to, and gives up at one that it cannot.
  const described = await grpcurl(target, "describe");
  for (const service of services) assert.match(described, new RegExp(`^${service} is`, "m"));
  assert.match(await grpcurl(target, "describe", "envoy.config.cluster.v3.Cluster"), /repeated .*Filter filters/);
  assert.match(await grpcurl(target, "grpc.health.v1.Health/Check"), /SERVING/);

  const { certificate, privateKey } = makeCertificate("web.test");
  await plane.put("web", [
    edsCluster(mode, "service"),
    assignment("service", [backends.pick("http", 0).port]),
    tlsSecret("certificate", certificate, privateKey),
    httpListener(mode, { name: "web", port: await freePort(), routes: { rds: "routes" }, secret: "certificate" }),
    routeConfiguration("routes", { "/": "service" }),
  ]);
  const envoy = await startEnvoy({ binary, mode, xdsPort: plane.xdsPort, nodeId: "one", nodeCluster: "web", folder });
  t.after(() => envoy.stop());
  await envoy.waitUntilLive();
  const byId = { nodeMatchers: [{ nodeId: { exact: "one" } }] };
  let text = "";
  const wanted = ["certificate", "routes", "service", "service", "web"].map((name) => `${name} SYNCED ACKED`);
  await waitFor("every resource to be SYNCED", async () => {
    text = await grpcurl("-d", JSON.stringify(byId), target, `${CSDS}/FetchClientStatus`);
    const [client] = (JSON.parse(text) as Status).config;
    const shown = client?.genericXdsConfigs.map((it) => `${it.name} ${it.configStatus} ${it.clientStatus}`);
    return shown?.sort().join() === wanted.join();
  });
  assert.match(text, /"inlineString": "\[redacted\]"/);
  assert.ok(!text.includes(privateKey.split("\n")[1]!), "no line of the key");
});
