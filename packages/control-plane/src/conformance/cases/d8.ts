import { type Case, DELTA, SPEC } from "../case.ts";
import { RDS, routes, VHDS, virtualHost, virtualHostOf } from "../resources.ts";
import type { Trial } from "../trial.ts";

const VHDS_PAGE = "Envoy, Virtual host discovery service (VHDS)";

/** A route configuration whose hosts come by VHDS, as far as a server needs to know. */
const config = (edition = 1) => ({
  ...routes("r", "c", edition),
  vhds: { config_source: { ads: {}, resource_api_version: "V3" } },
});

export const D8: readonly Case[] = [
  {
    id: "D8",
    says: "a virtual host is answered under its name of route configuration and host",
    level: "spec",
    source: VHDS_PAGE,
    variants: DELTA,
    async run(t) {
      await t.given(virtualHost("r", "one.example"), virtualHost("r", "two.example"));
      const stream = t.open(VHDS);
      stream.subscribe(VHDS, ["r/one.example"]);
      await stream.answer(VHDS, ["r/one.example"]);
    },
  },
  {
    id: "D8",
    says: "a route configuration's name may hold a slash",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const name = "outer/inner";
      await t.given({ ...config(), name }, virtualHost(name, "one.example"), virtualHost("outer", "other.example"));
      const stream = t.open(VHDS);
      stream.subscribe(RDS, [name]);
      await stream.answer(RDS, [name]);
      stream.subscribe(VHDS);
      await stream.answer(VHDS, [`${name}/one.example`]);
    },
  },
  {
    id: "D8",
    says: "no names mean all hosts of the route configurations that the client asked for",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(config(), virtualHost("r", "one.example"), virtualHost("other", "two.example"));
      const stream = t.open(VHDS);
      stream.subscribe(RDS, ["r"]);
      await stream.answer(RDS, ["r"]);
      stream.subscribe(VHDS);
      await stream.answer(VHDS, ["r/one.example"]);
      await stream.silence("no host of what was not asked for");
    },
  },
  {
    id: "D8",
    says: "an update of a route configuration brings its hosts again",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(config(1), virtualHost("r", "one.example"));
      const stream = t.open(VHDS);
      stream.subscribe(RDS, ["r"]);
      await stream.answer(RDS, ["r"]);
      stream.subscribe(VHDS);
      await stream.answer(VHDS, ["r/one.example"]);
      await t.given(config(2), virtualHost("r", "one.example"));
      await stream.answer(RDS, ["r"]);
      await stream.answer(VHDS, ["r/one.example"]);
    },
  },
  {
    id: "D8",
    says: "a host that is asked for on demand and that nobody serves is answered under its name, without content",
    level: "fairlead",
    source: `${VHDS_PAGE}: Envoy's request waits for an answer under that alias`,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(config(), virtualHost("r", "one.example"));
      const stream = t.open(VHDS);
      stream.subscribe(VHDS, ["r/none.example"]);
      const { resources, removed } = await stream.response(VHDS);
      const told = resources.filter(({ aliases, value }) => !value && aliases.includes("r/none.example"));
      t.must(told.length === 1 && removed.length === 0, "it, without content", `removed ${removed.join(" ")}`);
    },
  },
  {
    id: "D8",
    says: "a host that is asked for on demand is found by its domain, the one that fits best",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${VHDS_PAGE}`,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(config(), ...byDomain());
      const stream = t.open(VHDS);
      stream.subscribe(VHDS, ["r/one.example"]);
      const { resources } = await stream.response(VHDS);
      const found = resources.flatMap(({ name, value }) => (value ? name : []));
      t.must(found.join() === "r/first", "r/first, which serves it by name", found.join(" ") || "none");
    },
  },
  {
    id: "D8",
    says: "a host that was sent on demand is followed",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(config(), ...byDomain());
      const stream = t.open(VHDS);
      stream.subscribe(VHDS, ["r/one.example"]);
      stream.ack(await stream.response(VHDS));
      needsDomains(t, stream.held(VHDS).has("r/first"));
      await t.given(config(), ...byDomain(2));
      await stream.until("its second edition", [VHDS], () => stream.sent(VHDS, "r/first") === 2);
    },
  },
  {
    id: "D8",
    says: "a route configuration that has no hosts yet is told so: else it would warm for ever",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${VHDS_PAGE}`,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(config());
      const stream = t.open(VHDS);
      stream.subscribe(RDS, ["r"]);
      await stream.answer(RDS, ["r"]);
      stream.subscribe(VHDS);
      await stream.answer(VHDS, [], ["r/*"]);
    },
  },
];

/** A host of one domain, and one of any. */
function byDomain(edition = 1) {
  return [virtualHostOf("r/first", ["one.example"], edition), virtualHostOf("r/any", ["*"], edition)];
}

function needsDomains(t: Trial, isFound: boolean): void {
  if (!isFound) t.lacks("hosts are not found by their domains");
}
