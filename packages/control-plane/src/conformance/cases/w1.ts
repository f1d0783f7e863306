import { type Case, SOTW, SPEC } from "../case.ts";
import { EDS, endpoints } from "../resources.ts";

export const W1: readonly Case[] = [
  {
    id: "W1",
    says: "a name that is left out is not subscribed any more",
    level: "spec",
    source: SPEC.unsubscribing,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b", 1));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      stream.subscribe(EDS, ["a"]);
      await stream.settled();
      await t.given(endpoints("a"), endpoints("b", 2));
      await stream.without(EDS, ["b"]);
      const before = stream.sent(EDS, "a");
      await t.given(endpoints("a", 2), endpoints("b", 3));
      await stream.until("a to be sent", [EDS], () => stream.sent(EDS, "a") > before);
      t.must(stream.sent(EDS, "b") === 1, "nothing of b", "b");
    },
  },
  {
    id: "W1",
    says: "what is left out and then asked for again is sent",
    level: "spec",
    source: SPEC.hints,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      stream.subscribe(EDS, ["a"]);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.until("b to be sent", [EDS], () => stream.sent(EDS, "b") === 2);
    },
  },
];
