import { ADS, type Case, EVERY, SPEC } from "../case.ts";
import { bigCluster, bigEndpoints, CDS, EDS, endpoints } from "../resources.ts";

/** gRPC's default limit of what a client receives, bytes. */
const LIMIT_BYTES = 4 * 1_048_576;
const PART_BYTES = 512 * 1_024;
const MANY = Array.from({ length: 10 }, (_, index) => `big-${index}`);

export const C7: readonly Case[] = [
  {
    id: "C7",
    says: "no name comes twice in one response",
    level: "spec",
    source: SPEC.duplicates,
    variants: EVERY,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b", "a", "a"]);
      await stream.answer(EDS, ["a", "b"]); // refuses a response in which one comes twice
    },
  },
  {
    id: "C7",
    says: "what is larger than 4 MiB comes in parts, in delta",
    level: "fairlead",
    source: `${SPEC.fairlead}; 4 MiB is gRPC's default limit for clients`,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(...MANY.map((name) => bigCluster(name, PART_BYTES)));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      while (stream.held(CDS).size < MANY.length) {
        const part = await stream.response(CDS);
        t.must(part.bytes <= LIMIT_BYTES, "at most 4 MiB in one response", `${part.bytes} bytes`);
        stream.ack(part);
      }
    },
  },
  {
    id: "C7",
    says: "clusters are never split in SotW, however large",
    level: "spec",
    source: `${SPEC.grouping}: "must include the complete state of the world"`,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(...MANY.map((name) => bigCluster(name, PART_BYTES)));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, MANY);
    },
  },
  {
    id: "C7",
    says: "all of many large endpoints arrive",
    level: "spec",
    source: SPEC.grouping,
    variants: ADS,
    async run(t) {
      await t.given(...MANY.map((name) => bigEndpoints(name, PART_BYTES)));
      const stream = t.open(EDS);
      stream.subscribe(EDS, MANY);
      await stream.answer(EDS, MANY);
    },
  },
];
