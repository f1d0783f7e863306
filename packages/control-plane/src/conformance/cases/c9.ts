import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints, listener, routes } from "../resources.ts";

export const C9: readonly Case[] = [
  {
    id: "C9",
    says: "who returns with the current version of all clusters is sent nothing",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.ack}: "Servers may decide to optimize"`,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a"));
      const before = t.open(CDS);
      before.subscribe(CDS);
      const { version } = await before.answer(CDS, ["a"]);
      await before.close();
      const stream = t.open(CDS);
      stream.sendSotw({ typeUrl: CDS, versionInfo: version });
      await stream.silence("nothing: the client has it all");
      await t.given(cluster("a", 2));
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "C9",
    says: "who returns by name is answered, even with the current version",
    level: "spec",
    source: `${SPEC.ack}: "only if they know that the client is not subscribing to a new resource"`,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const before = t.open(EDS);
      before.subscribe(EDS, ["a"]);
      const { version } = await before.answer(EDS, ["a"]);
      await before.close();
      const stream = t.open(EDS);
      stream.sendSotw({ typeUrl: EDS, versionInfo: version, resourceNames: ["a"] });
      await stream.answer(EDS, ["a"]);
    },
  },
  {
    id: "C9",
    says: "who returns with a version that nobody knows is sent all",
    level: "spec",
    source: SPEC.ack,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const stream = t.open(CDS);
      stream.sendSotw({ typeUrl: CDS, versionInfo: "of-long-ago", nonce: "of-long-ago" });
      await stream.answer(CDS, ["a", "b"]);
    },
  },
  {
    id: "C9",
    says: "who returns with an old version keeps what was dropped lately",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(cluster("a"), listener("l", "r"), routes("r", "a"));
      const before = t.open(CDS);
      before.subscribe(CDS);
      const { version } = await before.answer(CDS, ["a"]);
      await before.close();
      await t.given(cluster("b"), listener("l", "r"), routes("r", "b"));
      const stream = t.open(CDS);
      stream.sendSotw({ typeUrl: CDS, versionInfo: version });
      await stream.holding(CDS, ["a", "b"]);
    },
  },
];
