import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const W3: readonly Case[] = [
  {
    id: "W3",
    says: "a name that is added is answered though nothing has changed",
    level: "spec",
    source: SPEC.hints,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.until("a to be sent", [EDS], () => stream.held(EDS).has("a"));
      stream.subscribe(EDS, ["a", "b"]);
      await stream.until("b to be sent", [EDS], () => stream.held(EDS).has("b"));
    },
  },
  {
    id: "W3",
    says: "a cluster that is added by name is answered with the others",
    level: "spec",
    source: SPEC.grouping,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["a"]);
      await stream.answer(CDS, ["a"]);
      stream.subscribe(CDS, ["a", "b"]);
      await stream.answer(CDS, ["a", "b"]);
    },
  },
  {
    id: "W3",
    says: "a name that is added with an ACK is answered",
    level: "spec",
    source: SPEC.updates,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      const { nonce, version } = await stream.holding(EDS, ["a"]);
      stream.sendSotw({ typeUrl: EDS, resourceNames: ["a", "b"], nonce, versionInfo: version });
      await stream.until("b to be sent", [EDS], () => stream.held(EDS).has("b"));
    },
  },
];
