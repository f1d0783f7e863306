import { fromBinary } from "@bufbuild/protobuf";
import { DeltaDiscoveryResponseSchema } from "@fairlead/envoy-api/envoy/service/discovery/v3/discovery_pb";
import { adsPath, encodeNode, writeDeltaDiscoveryRequest } from "@fairlead/xds";
import { type Case, SPEC } from "../case.ts";
import { Mismatch } from "../mismatch.ts";
import { CDS, cluster, RDS, type ResourceJson, routes, variantOf } from "../resources.ts";
import type { Trial } from "../trial.ts";

const TP2 = "xDS proposal TP2 (dynamic parameters)";

/** A name with one dynamic parameter. */
const locator = (name: string, env: string) => ({ name, parameters: new Map([["env", env]]) });

/** The route configuration r, which leads to a cluster of the variant's own. */
const variant = (to: string, value?: string): ResourceJson => variantOf("r", routes("r", to), "env", value);

export const O5: readonly Case[] = [
  {
    id: "O5",
    says: "a name in a locator is a name: with it alone a request is no wildcard",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${TP2}`,
    variants: ["ads-sotw", "ads-delta"],
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const stream = t.open(CDS);
      const locators = [{ name: "a", parameters: new Map<string, string>() }];
      if (t.mode === "sotw") stream.sendSotw({ typeUrl: CDS, locators });
      else stream.sendDelta({ typeUrl: CDS, locators });
      await stream.holding(CDS, ["a"]);
    },
  },
  {
    id: "O5",
    says: "a client gets the variant that is for its parameters",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${TP2}`,
    variants: ["ads-sotw", "ads-delta"],
    async run(t) {
      await t.given(variant("to-live", "live"), variant("to-test", "test"));
      for (const env of ["live", "test"]) {
        const stream = t.open(RDS);
        const locators = [locator("r", env)];
        if (t.mode === "sotw") stream.sendSotw({ typeUrl: RDS, locators });
        else stream.sendDelta({ typeUrl: RDS, locators });
        const { resources } = await stream.holding(RDS, ["r"]);
        const text = Buffer.from(resources[0]!.value ?? []).toString("latin1");
        t.must(text.includes(`to-${env}`), `the variant for ${env}`, "another");
      }
    },
  },
  {
    id: "O5",
    says: "a variant that makes room for another is told as removed with it",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${TP2}: removed_resource_names`,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(variant("before", "live"));
      const responses = openVariants(t);
      const { nonce } = await responses.next();
      responses.ack(nonce);
      await t.given(variant("after"));
      const { resources, removedResourceNames } = await responses.next();
      t.must(resources.length === 1, "the other variant", `${resources.length} resources`);
      t.must(removedResourceNames[0]?.name === "r", "the one of before among removed_resource_names", "none");
    },
  },
];

/** A stream of which each response is told as it is: a client of one set of parameters does not tell variants apart. */
function openVariants(t: Trial) {
  const { promise: first, resolve: onFirst } = Promise.withResolvers<Uint8Array>();
  const { promise: second, resolve: onSecond } = Promise.withResolvers<Uint8Array>();
  const taken = [onFirst, onSecond];
  const expected = [first, second];
  const call = t.connect().call(adsPath("delta"), { onMessage: (message) => taken.shift()?.(message), onEnd() {} });
  const node = encodeNode({ id: t.node, cluster: t.node });
  call.send(writeDeltaDiscoveryRequest({ typeUrl: RDS, locators: [locator("r", "live")], node }));
  return {
    ack: (nonce: string) => call.send(writeDeltaDiscoveryRequest({ typeUrl: RDS, nonce })),
    async next() {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const nothing = new Mismatch("an RDS response", `nothing within ${t.timeoutMs} ms`);
      const timer = setTimeout(() => reject(nothing), t.timeoutMs);
      try {
        return fromBinary(DeltaDiscoveryResponseSchema, await Promise.race([expected.shift()!, late]));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
