import { type Case, DELTA, SPEC } from "../case.ts";
import { EDS, endpoints } from "../resources.ts";

export const D3: readonly Case[] = [
  {
    id: "D3",
    says: "a name that does not exist is told as removed",
    level: "recommended",
    source: `${SPEC.discovery}: removed_resources; Envoy waits 15 s otherwise`,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "none"]);
      await stream.answer(EDS, ["a"], ["none"]);
    },
  },
  {
    id: "D3",
    says: "a name that does not exist is sent when it is created",
    level: "spec",
    source: SPEC.missing,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "later"]);
      await stream.until("a to be sent", [EDS], () => stream.held(EDS).has("a"));
      await t.given(endpoints("a"), endpoints("later"));
      await stream.until("it to be sent", [EDS], () => stream.held(EDS).has("later"));
    },
  },
  {
    id: "D3",
    says: "what is deleted is told as removed, and sent when it is created again",
    level: "spec",
    source: SPEC.deleting,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      await t.given(endpoints("a"));
      await stream.answer(EDS, [], ["b"]);
      await t.given(endpoints("a"), endpoints("b"));
      await stream.answer(EDS, ["b"]);
    },
  },
];
