import { type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster, endpoints, LDS, listener, RDS, routes } from "../resources.ts";
import type { Trial } from "../trial.ts";

const DIGEST = /^[A-Za-z0-9_-]{16}$/;

export const C6: readonly Case[] = [
  {
    id: "C6",
    says: "a version changes with the content",
    level: "spec",
    source: SPEC.ack,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      const first = stream.held(CDS).get("a")!.version;
      await t.given(cluster("a", 2));
      await stream.answer(CDS, ["a"]);
      const second = stream.held(CDS).get("a")!.version;
      t.must(first !== "" && first !== second, "another version of other content", `${first} and ${second}`);
    },
  },
  {
    id: "C6",
    says: "a version is a digest of content: equal for equal content, whoever is served it",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: EVERY,
    async run(t) {
      const version = await versionFor(t, t.node, [cluster("a"), cluster("b")]);
      const other = await versionFor(t, t.other("b"), [cluster("b"), cluster("a")]);
      t.must(DIGEST.test(version), "16 characters of base64url", version);
      t.must(version === other, `version ${version} for both`, other);
    },
  },
  {
    id: "C6",
    says: "versions of two types are told apart though neither holds anything",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(endpoints("unasked"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      const clusters = await ads.answer(CDS, []);
      ads.subscribe(LDS);
      const listeners = await ads.answer(LDS, []);
      t.must(clusters.version !== listeners.version, "another version", clusters.version);
    },
  },
  {
    id: "C6",
    says: "the version of a response is one of all it holds, what is retained included",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(cluster("a"), listener("l", "r"), routes("r", "a"));
      const ads = t.open(CDS);
      for (const [type, names] of [
        [CDS, ["a"]],
        [LDS, ["l"]],
      ] as const) {
        ads.subscribe(type);
        await ads.answer(type, names);
      }
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      await t.given(cluster("b"), listener("l", "r"), routes("r", "b"));
      const retaining = await ads.holding(CDS, ["a", "b"]);
      const both = await versionFor(t, t.other("both"), [cluster("a"), cluster("b")]);
      const only = await versionFor(t, t.other("only"), [cluster("b")]);
      t.must(retaining.version === both, `version ${both}, that of a and b`, retaining.version);
      t.must(retaining.version !== only, "another version than that of b alone", only);
    },
  },
];

async function versionFor(t: Trial, node: string, resources: Parameters<Trial["givenTo"]>[1]): Promise<string> {
  await t.givenTo(node, resources);
  const stream = t.open(CDS, { node: { id: node, cluster: node } });
  stream.subscribe(CDS);
  await stream.answer(
    CDS,
    resources.map(({ name }) => String(name)),
  );
  return [...stream.held(CDS).values()].map(({ version }) => version).toSorted()[0]!;
}
