import { WireType } from "@bufbuild/protobuf/wire";
import type { Locality } from "../instance.ts";
import type { LocalityBook, ServiceBook } from "./service-book.ts";
import type { LocalityRule } from "./settings.ts";

/** A locality with what its rules make of it. */
export interface PlacedLocality {
  readonly key: string;
  readonly book: LocalityBook;
  /** From 0 on, without gaps, as gRPC wants it. */
  readonly priority: number;
  readonly weight: number;
}

/** The localities of a service, in the order of their names. */
export function placeLocalities({ localities }: ServiceBook, rules: readonly LocalityRule[]): PlacedLocality[] {
  const sorted = [...localities].sort(([a], [b]) => (a < b ? -1 : 1));
  const ruled = sorted.map(([key, book]) => ({ key, book, rule: rules.find((rule) => fits(rule, book.locality)) }));
  const used = [...new Set(ruled.map(({ rule }) => rule?.priority ?? 0))].sort((a, b) => a - b);
  return ruled.map(({ key, book, rule }) => ({
    key,
    book,
    priority: used.indexOf(rule?.priority ?? 0),
    weight: rule?.weight ?? Math.max(1, book.availableWeight),
  }));
}

function fits(rule: LocalityRule, { region, zone, subZone }: Locality): boolean {
  return (rule.region ?? region) === region && (rule.zone ?? zone) === zone && (rule.subZone ?? subZone) === subZone;
}

/**
 * A `ClusterLoadAssignment` in deterministic encoding, put together of the endpoints' own bytes: fields by number, as
 * `encodeDeterministic` writes them.
 *
 * @param policy the bytes of its field `policy`
 */
export function encodeAssignment(
  service: string,
  localities: readonly PlacedLocality[],
  policy: Uint8Array,
): Uint8Array {
  const name = Buffer.from(service);
  const pieces: ArrayLike<number>[] = [[NAME, ...varint(name.length)], name];
  for (const { book, priority, weight } of localities) {
    const { endpoints, head } = book;
    const weightBytes = varint(weight);
    const tail = [WEIGHT, weightBytes.length + 1, WEIGHT_VALUE, ...weightBytes];
    if (priority > 0) tail.push(PRIORITY, ...varint(priority));
    pieces.push([LOCALITY, ...varint(head.length + endpoints.byteLength + tail.length)], head);
    for (const { bytes } of endpoints.chunks) pieces.push(bytes);
    pieces.push(tail);
  }
  pieces.push(policy);
  return join(pieces);
}

// Tags. Written out, since a writer's buffer for each of the few bytes was a tenth of what a registration costs.
const NAME = (1 << 3) | WireType.LengthDelimited;
const LOCALITY = (2 << 3) | WireType.LengthDelimited;
const WEIGHT = (3 << 3) | WireType.LengthDelimited;
const WEIGHT_VALUE = (1 << 3) | WireType.Varint;
const PRIORITY = (5 << 3) | WireType.Varint;

/** Of a whole number of 32 bits. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Memory of its own: a slice of Node's pool would keep all of that alive. */
function join(pieces: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
