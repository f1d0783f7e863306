import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { ConfigInput } from "../../src/config/config.ts";
import { configOf, formatHostPort } from "../../src/config/config.ts";
import { type Fairlead, startFairlead } from "../../src/serve.ts";

/** A control plane that can be ended within a test; it ends with the test in any case. */
export interface Running {
  readonly fairlead: Fairlead;
  /** `host:port` of its xDS server. */
  readonly target: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what the tests are about
  get(path: string): Promise<any>;
  put(resources: readonly unknown[], query?: string): Promise<void>;
  /** `type name@version` of all that a group holds, sorted; owners left out. */
  held(group?: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts one. */
export async function run(t: TestContext, config: ConfigInput = {}, listen = "127.0.0.1:0"): Promise<Running> {
  const fairlead = await startFairlead({
    config: configOf({
      drainMs: 0,
      ...config,
      xds: { ...config.xds, listen, timings: { removalLingerMs: 20 } },
      admin: { listen: "127.0.0.1:0" },
      reload: { debounceMs: 5 },
    }),
  });
  t.after(() => fairlead.close());
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const get = async (path: string): Promise<any> => {
    const answer = await fetch(fairlead.adminUrl + path);
    return answer.json();
  };
  return {
    fairlead,
    target: formatHostPort(fairlead.xdsAddress),
    get,
    async put(resources, query = "") {
      const url = `${fairlead.adminUrl}/v1/groups/default/resources${query}`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "PUT", headers, body: JSON.stringify({ resources }) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async held(group = "default") {
      const { resources = [] } = await get(`/v1/groups/${group}/resources`);
      return resources
        .map(({ typeUrl, name, version }: Record<string, string>) => `${typeUrl?.split(".").at(-1)} ${name}@${version}`)
        .sort();
    },
    close: () => fairlead.close(),
  };
}

/** A configuration with one source, an xDS server. */
export function relayOf(addresses: readonly string[], settings: object = {}, rest: object = {}): ConfigInput {
  const xds = { addresses: [...addresses], minRetryMs: 20, maxRetryMs: 50, ...settings };
  return { sources: [{ name: "upstream", xds, ...rest }] };
}

/** An empty directory that goes with the test. */
export function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "fairlead-sources-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const ads = { ads: {}, resourceApiVersion: "V3" };

/** A listener, its routes, their clusters, and the clusters' endpoints, all by reference. */
export function shop(clusters: readonly string[], port = 8080): unknown[] {
  const manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const router = { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" };
  return [
    {
      "@type": TYPE_URLS.listener,
      name: "front",
      address: { socketAddress: { address: "127.0.0.1", portValue: 10_000 } },
      filterChains: [
        {
          filters: [
            {
              name: "http",
              typedConfig: {
                "@type": manager,
                statPrefix: "front",
                rds: { routeConfigName: "routes", configSource: ads },
                httpFilters: [{ name: "router", typedConfig: router }],
              },
            },
          ],
        },
      ],
    },
    {
      "@type": TYPE_URLS.routes,
      name: "routes",
      virtualHosts: [
        {
          name: "all",
          domains: ["*"],
          routes: clusters.map((cluster) => ({ match: { prefix: `/${cluster}` }, route: { cluster } })),
        },
      ],
    },
    ...clusters.flatMap((name) => [edsCluster(name), endpoints(name, port)]),
  ];
}

/** A cluster whose endpoints come by EDS. */
export function edsCluster(name: string): object {
  return { "@type": TYPE_URLS.cluster, name, type: "EDS", connectTimeout: "1s", edsClusterConfig: { edsConfig: ads } };
}

/** One endpoint. */
export function endpoints(clusterName: string, portValue: number): object {
  const address = { socketAddress: { address: "127.0.0.1", portValue } };
  return { "@type": TYPE_URLS.endpoints, clusterName, endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }] };
}
