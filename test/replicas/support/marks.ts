import { TYPE_URLS } from "@fairlead/envoy-api";

/** The clusters of each state: all of one state have the same mark, so that a mixture of two states shows. */
export const MARKED = ["left", "right"];

const MARK = /mark-(\d{12})/;

/** The resources of a state, by its number. */
export function markedResources(step: number): readonly object[] {
  const mark = `mark-${String(step).padStart(12, "0")}`;
  return MARKED.map((name) => ({
    "@type": TYPE_URLS.cluster,
    name,
    type: "STATIC",
    connect_timeout: "1s",
    alt_stat_name: mark,
    load_assignment: { cluster_name: name },
  }));
}

/** The number of the state that an encoded resource is of. */
export function markOf(value: Uint8Array): number {
  const [, step] = MARK.exec(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1")) ?? [];
  return step === undefined ? Number.NaN : Number(step);
}
