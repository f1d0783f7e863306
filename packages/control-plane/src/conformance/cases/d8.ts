import { type Case, DELTA, SPEC } from "../case.ts";
import { RDS, routes, VHDS, virtualHost } from "../resources.ts";

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
];
