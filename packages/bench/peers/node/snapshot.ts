import { encodeAssignment, encodeCluster } from "./resources.ts";

/** How large the workload is and what it is of. */
export interface Shape {
  readonly type: "endpoints" | "clusters";
  readonly resources: number;
  readonly endpoints: number;
}

/** One resource as it stands. */
export interface Held {
  readonly name: string;
  /** The number of the last change that touched it. */
  readonly mark: number;
  /** The revision of the snapshot in which it last changed: its version on the wire. */
  readonly revision: number;
  /** Its `Any`. */
  readonly any: { readonly typeUrl: string; readonly value: Uint8Array };
}

/** All resources at one moment. */
export interface Snapshot {
  readonly shape: Shape;
  /** Counts the changes since the start, from 1 (none yet). */
  readonly revision: number;
  /** The number that the last change was given. */
  readonly sequence: number;
  readonly held: readonly Held[];
}

const typeUrls = {
  endpoints: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  clusters: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
} as const;

/** The type URL of the workload's resources. */
export function typeUrlOf({ type }: Shape): string {
  return typeUrls[type];
}

/** The workload before any change. */
export function firstSnapshot(shape: Shape): Snapshot {
  const held = Array.from({ length: shape.resources }, (_, index) => hold(shape, index, 0, 1));
  return { shape, revision: 1, sequence: 0, held };
}

/** The snapshot after change `sequence`, which touches the resources of these numbers, or all. */
export function changeSnapshot(snapshot: Snapshot, sequence: number, touched: readonly number[] | "all"): Snapshot {
  const { shape } = snapshot;
  const revision = snapshot.revision + 1;
  const held = [...snapshot.held];
  for (const index of touched === "all" ? held.keys() : touched) held[index] = hold(shape, index, sequence, revision);
  return { shape, revision, sequence, held };
}

/** Bytes of all resources, without what a response puts around them. */
export function bytesOf({ held }: Snapshot): number {
  return held.reduce((sum, { any }) => sum + any.value.length, 0);
}

function hold(shape: Shape, index: number, mark: number, revision: number): Held {
  const name = `bench-${index}`;
  return { name, mark, revision, any: { typeUrl: typeUrlOf(shape), value: encodeResource(shape, index, name, mark) } };
}

function encodeResource({ type, endpoints }: Shape, index: number, name: string, mark: number): Uint8Array {
  const assignment = encodeAssignment({ name, network: `10.${(index >> 8) & 255}.${index & 255}`, endpoints, mark });
  return type === "endpoints" ? assignment : encodeCluster(name, assignment);
}
