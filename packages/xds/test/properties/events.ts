import fc from "fast-check";
import { describeSpec, type Mutation, type Spec, type TypeName } from "./world.ts";

/** One thing that happens. Numbers choose among what there is at that moment, modulo its count. */
export type Event =
  | { readonly kind: "commit"; readonly mutations: readonly Mutation[] }
  | { readonly kind: "to-client" | "to-server"; readonly pick: number }
  | { readonly kind: "turn" }
  | { readonly kind: "settle" }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "wake" }
  | { readonly kind: "congest"; readonly pick: number }
  | { readonly kind: "duplicate" | "stale" | "resubscribe"; readonly pick: number }
  | { readonly kind: "reject-next"; readonly pick: number }
  | { readonly kind: "reconnect"; readonly pick: number }
  | { readonly kind: "reconnect-all"; readonly restart?: "with its history" | "without history" | undefined }
  | { readonly kind: "act"; readonly choice: number };

const clusterNames = fc.constantFrom("A", "B", "C");
const someClusters = fc.uniqueArray(clusterNames, { minLength: 1, maxLength: 2 });
const content = fc.nat({ max: 3 });
const isBad = fc.integer({ min: 0, max: 9 }).map((roll) => roll === 9);

function spec(type: TypeName, names: fc.Arbitrary<string>, rest: fc.Arbitrary<Partial<Spec>>): fc.Arbitrary<Spec> {
  return fc
    .record({ name: names, v: content, rest, isBad })
    .map(({ name, v, rest: more, isBad: bad }) => ({ type, name, v, ...more, ...(bad && { isBad: true }) }));
}

const cluster = fc
  .record({
    name: clusterNames,
    v: content,
    // A route may be pointed to a cluster of any kind; most are of type EDS, and some share their endpoints.
    how: fc.constantFrom("eds", "eds", "eds", "shared", "static", "dns"),
    isBad,
  })
  .map(({ name, v, how, isBad: bad }): Spec => {
    const eds = how === "eds" ? name : how === "shared" ? "S" : undefined;
    const kind = { ...(eds !== undefined && { eds }), ...(how === "dns" && { dns: true }) };
    return { type: "cluster", name, v, ...kind, ...(bad && { isBad: true }) };
  });
const listener = spec(
  "listener",
  fc.constantFrom("L0", "L1", "L2"),
  fc.oneof(
    fc.constantFrom("R0", "R1", "R2").map((rds) => ({ rds })),
    someClusters.map((to) => ({ to })),
  ),
);
const routes = spec(
  "routes",
  fc.constantFrom("R0", "R1", "R2"),
  someClusters.map((to) => ({ to })),
);
const endpoints = spec("endpoints", fc.constantFrom("A", "B", "C", "S"), fc.constant({}));
const secret = spec("secret", fc.constantFrom("s0", "s1", "s2"), fc.constant({}));
const other = spec("other", fc.constantFrom("o0", "o1", "o2"), fc.constant({}));
const anySpec = fc.oneof(
  { arbitrary: cluster, weight: 4 },
  { arbitrary: routes, weight: 4 },
  { arbitrary: listener, weight: 3 },
  { arbitrary: endpoints, weight: 2 },
  { arbitrary: secret, weight: 1 },
  { arbitrary: other, weight: 1 },
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { arbitrary: anySpec.map((put): Mutation => ({ op: "put", spec: put })), weight: 3 },
  { arbitrary: anySpec.map(({ type, name }): Mutation => ({ op: "drop", type, name })), weight: 2 },
);
const pick = fc.nat({ max: 7 });
const picking = <K extends string>(kind: K) => pick.map((choice) => ({ kind, pick: choice }));

/** Any event, of the kinds that matter to all clients. */
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    arbitrary: fc
      .array(mutation, { minLength: 1, maxLength: 4 })
      .map((mutations): Event => ({ kind: "commit", mutations })),
    weight: 8,
  },
  { arbitrary: picking("to-client") as fc.Arbitrary<Event>, weight: 8 },
  { arbitrary: picking("to-server") as fc.Arbitrary<Event>, weight: 8 },
  { arbitrary: fc.constant<Event>({ kind: "turn" }), weight: 4 },
  { arbitrary: fc.constant<Event>({ kind: "settle" }), weight: 6 },
  {
    arbitrary: fc
      .constantFrom(10, 500, 1_000, 2_000, 5_000, 9_000, 20_000, 300_000, 610_000)
      .map((ms): Event => ({ kind: "advance", ms })),
    weight: 3,
  },
  { arbitrary: fc.constant<Event>({ kind: "wake" }), weight: 3 },
  { arbitrary: picking("congest") as fc.Arbitrary<Event>, weight: 1 },
  { arbitrary: picking("duplicate") as fc.Arbitrary<Event>, weight: 1 },
  { arbitrary: picking("stale") as fc.Arbitrary<Event>, weight: 1 },
  { arbitrary: picking("resubscribe") as fc.Arbitrary<Event>, weight: 1 },
  { arbitrary: picking("reject-next") as fc.Arbitrary<Event>, weight: 1 },
  { arbitrary: picking("reconnect") as fc.Arbitrary<Event>, weight: 1 },
  {
    arbitrary: fc
      .constantFrom("with its history" as const, "without history" as const, undefined, undefined)
      .map((restart): Event => ({ kind: "reconnect-all", restart })),
    weight: 1,
  },
  { arbitrary: fc.nat({ max: 511 }).map((choice): Event => ({ kind: "act", choice })), weight: 4 },
);

/** Any interleaving of events. */
export const events: fc.Arbitrary<Event[]> = fc.array(event, { maxLength: 60, size: "max" });

/** An event in a line. */
export function describeEvent(what: Event): string {
  const { kind, ...rest } = what;
  if (what.kind !== "commit") return `${kind} ${Object.values(rest).join(" ")}`.trimEnd();
  const changes = what.mutations.map((change) =>
    change.op === "put" ? describeSpec(change.spec) : `-${change.type} ${change.name}`,
  );
  return `commit ${changes.join(", ")}`;
}
