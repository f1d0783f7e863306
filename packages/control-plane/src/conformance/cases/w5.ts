import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const W5: readonly Case[] = [
  {
    id: "W5",
    says: "a stale nonce is no ACK",
    level: "recommended",
    source: SPEC.updates,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      const first = await stream.answer(CDS, ["a"]);
      await t.given(cluster("a", 2));
      const second = await stream.holding(CDS, ["a"]);
      await t.given(cluster("a", 3));
      stream.sendSotw({ typeUrl: CDS, versionInfo: first.version, nonce: first.nonce });
      await stream.silence("nothing: the newest response is not acknowledged");
      stream.ack(second);
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "W5",
    says: "names that come with a stale nonce are not lost",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.updates}`,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a", 1), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      const first = await stream.answer(EDS, ["a"]);
      await t.given(endpoints("a", 2), endpoints("b"));
      const second = await stream.holding(EDS, ["a"]);
      const { version: versionInfo, nonce } = first;
      stream.sendSotw({ typeUrl: EDS, versionInfo, nonce, resourceNames: ["a", "b"] });
      stream.sendSotw({ typeUrl: EDS, versionInfo: second.version, nonce: second.nonce, resourceNames: ["a", "b"] });
      await stream.until("b to be sent", [EDS], () => stream.held(EDS).has("b"));
    },
  },
  {
    id: "W5",
    says: "names that came only with a stale nonce are answered after the ACK",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
      stream.sendSotw({ typeUrl: EDS, versionInfo: "old", nonce: "stale", resourceNames: ["a", "b"] });
      await stream.until("b to be sent", [EDS], () => stream.held(EDS).has("b"));
    },
  },
];
