import { adsPath, servicePath } from "@fairlead/xds";
import type { Behaviour, Plan } from "../plan/plan.ts";
import { typeUrlOf } from "../workload/resource-json.ts";
import { RestReader } from "../workload/rest-reader.ts";
import { windowOf } from "../workload/window.ts";
import type { Client } from "./client.ts";
import { endpointOf } from "./endpoint-of.ts";
import type { Fleet } from "./fleet.ts";
import { HeldVersions } from "./held-versions.ts";
import { NameFields } from "./name-fields.ts";
import { nodeBytes, nodeOf } from "./node-bytes.ts";
import type { Pool } from "./pool.ts";
import { RawClient } from "./raw-client.ts";
import { type Asked, Requests } from "./requests.ts";
import { RestClient } from "./rest-client.ts";
import { XdsClient } from "./xds-client.ts";

/** Where a new client stands. */
export interface Place {
  readonly number: number;
  readonly row: number;
  readonly behaviour: Behaviour;
}

/** The gRPC path of a plan's streams; `undefined`: its protocol is not gRPC. */
export function pathOf({ protocol, workload }: Plan): string | undefined {
  if (protocol === "rest" || protocol === "raw") return undefined;
  const mode = modeOf(protocol);
  return protocol.startsWith("ads") ? adsPath(mode) : servicePath(typeUrlOf(workload), mode);
}

/** State of the World or delta. */
export function modeOf(protocol: Plan["protocol"]): "sotw" | "delta" {
  return protocol === "delta" || protocol === "ads-delta" ? "delta" : "sotw";
}

/** How clients of a plan are made; what they share is made once. */
export function clientsOf(plan: Plan, fleet: Fleet, pool: Pool): (place: Place) => Client {
  const { protocol, target, workload } = plan;
  if (protocol === "raw") {
    const endpoint = endpointOf(target);
    return ({ number, row }) => new RawClient({ desk: fleet, endpoint, count: workload.count, number, row });
  }
  if (protocol === "rest") return pollersOf(plan, fleet);
  const mode = modeOf(protocol);
  const setting = {
    mode,
    requests: new Requests({
      mode,
      typeUrl: typeUrlOf(workload),
      names: new NameFields(fleet.reader.names, workload.subscribe === "wildcard" ? 0 : workload.count),
      isWildcardNamed: workload.type === "endpoints",
      rejection: "rejected by fairlead bench: this stream rejects every change",
    }),
    versions: new HeldVersions(),
    desk: fleet,
    isAlone: plan.streamsPerConnection === 1,
    openStream: pool.openStream.bind(pool),
    nodeOf: (client: number) => nodeBytes(plan.node, client),
  };
  const askedFrom = new Map<number, Asked>();
  return ({ number, row, behaviour }) => {
    const window = windowOf(workload, number);
    const isEverything = workload.subscribe === "wildcard";
    const asked: Asked = askedFrom.get(window.start) ?? { window: isEverything ? "everything" : window };
    askedFrom.set(window.start, asked);
    return new XdsClient(setting, { number, row, asked, behaviour });
  };
}

/** How long pollers wait unless the plan says it, ms. */
const DEFAULT_POLL_MS = 1_000;

function pollersOf({ target, node, workload, pollMs = DEFAULT_POLL_MS }: Plan, fleet: Fleet): (place: Place) => Client {
  const { names } = fleet.reader;
  const setting = {
    desk: fleet,
    reader: new RestReader(workload, names),
    endpoint: endpointOf(target),
    path: `/v3/discovery:${workload.type}`,
    typeUrl: typeUrlOf(workload),
    pollMs,
    nodeOf: (client: number) => nodeOf(node, client),
  };
  return ({ number, row, behaviour }) => {
    const { start, size } = windowOf(workload, number);
    const isAll = workload.subscribe === "wildcard";
    const asked = isAll ? [] : Array.from({ length: size }, (_, at) => names.nameOf((start + at) % workload.count));
    return new RestClient(setting, { number, row, names: asked, behaviour });
  };
}
