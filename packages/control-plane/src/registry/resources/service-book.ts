import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Json } from "../../store/store.ts";
import type { Locality } from "../instance.ts";
import { type ChunkedBytes, NO_BYTES, withPart } from "./chunked-bytes.ts";
import { byPreference, type EncodeEndpoint, type Endpoint } from "./endpoint.ts";

/** What is known of one service, in the form that its resources are made of. Immutable. */
export interface ServiceBook {
  readonly service: string;
  /** The value of its own document; `undefined`: there is none. */
  readonly settings: Json | undefined;
  /** By {@link Endpoint.key}, the one that is told first. */
  readonly byAddress: PersistentMap<readonly Endpoint[]>;
  /** By {@link Endpoint.localityKey}. */
  readonly localities: ReadonlyMap<string, LocalityBook>;
  /** How many of the endpoints have a host name for an address. */
  readonly hostNames: number;
}

/** What is told of one locality. */
export interface LocalityBook {
  /** The field `locality` of what is told, encoded. */
  readonly head: Uint8Array;
  readonly locality: Locality;
  readonly endpoints: ChunkedBytes;
  /** How many are told of. */
  readonly size: number;
  /** Sum of the weights of those that take requests. */
  readonly availableWeight: number;
}

/** A service that nothing is known of. */
export function emptyBook(service: string): ServiceBook {
  return { service, settings: undefined, byAddress: emptyMap(), localities: new Map(), hostNames: 0 };
}

/** Whether nothing is known of the service. */
export function isEmptyBook({ settings, byAddress }: ServiceBook): boolean {
  return settings === undefined && byAddress.size === 0;
}

/** The book after an instance came, changed or went. Costs little, whatever the service's size. */
export function withEndpoint(
  book: ServiceBook,
  before: Endpoint | undefined,
  after: Endpoint | undefined,
  encode: EncodeEndpoint,
): ServiceBook {
  let next = book;
  if (before && before.key !== after?.key) next = atAddress(next, before.key, before, undefined, encode);
  if (after) next = atAddress(next, after.key, before?.key === after.key ? before : undefined, after, encode);
  return next;
}

function atAddress(
  book: ServiceBook,
  key: string,
  before: Endpoint | undefined,
  after: Endpoint | undefined,
  encode: EncodeEndpoint,
): ServiceBook {
  const known = book.byAddress.get(key) ?? [];
  const others = before ? without(known, before) : known;
  const now = after ? others.toSpliced(rankOf(others, after), 0, after) : others;
  const byAddress = now.length > 0 ? book.byAddress.set(key, now) : book.byAddress.delete(key);
  const next = { ...book, byAddress };
  return known[0] === now[0] ? next : tell(next, known[0], now[0], encode);
}

function without(endpoints: readonly Endpoint[], gone: Endpoint): readonly Endpoint[] {
  const index = rankOf(endpoints, gone);
  return endpoints[index]?.id === gone.id ? endpoints.toSpliced(index, 1) : endpoints;
}

/** How many are preferred to an endpoint. Thousands may be at one address: they are not sorted anew for each. */
function rankOf(endpoints: readonly Endpoint[], endpoint: Endpoint): number {
  let [low, high] = [0, endpoints.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byPreference(endpoints[middle]!, endpoint) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tell(
  book: ServiceBook,
  before: Endpoint | undefined,
  after: Endpoint | undefined,
  encode: EncodeEndpoint,
): ServiceBook {
  const localities = new Map(book.localities);
  if (before && before.localityKey !== after?.localityKey) putLocality(localities, before, undefined, encode);
  if (after) putLocality(localities, before?.localityKey === after.localityKey ? before : undefined, after, encode);
  const hostNames = book.hostNames - Number(before?.isHostName ?? false) + Number(after?.isHostName ?? false);
  return { ...book, localities, hostNames };
}

function putLocality(
  localities: Map<string, LocalityBook>,
  before: Endpoint | undefined,
  after: Endpoint | undefined,
  encode: EncodeEndpoint,
): void {
  const { key, localityKey, locality } = (after ?? before)!;
  const known = localities.get(localityKey) ?? emptyLocality(locality);
  const size = known.size - (before ? 1 : 0) + (after ? 1 : 0);
  if (size === 0) {
    localities.delete(localityKey);
    return;
  }
  localities.set(localityKey, {
    head: known.head,
    locality,
    endpoints: withPart(known.endpoints, key, after && encode(after)),
    size,
    availableWeight: known.availableWeight - availableWeight(before) + availableWeight(after),
  });
}

function emptyLocality(locality: Locality): LocalityBook {
  return { head: encodeLocality(locality), locality, endpoints: NO_BYTES, size: 0, availableWeight: 0 };
}

function encodeLocality({ region, zone, subZone }: Locality): Uint8Array {
  const fields = new BinaryWriter();
  for (const [index, text] of [region, zone, subZone].entries()) {
    if (text !== "") fields.tag(index + 1, WireType.LengthDelimited).string(text);
  }
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(fields.finish()).finish();
}

function availableWeight(endpoint: Endpoint | undefined): number {
  return endpoint?.health === "HEALTHY" ? endpoint.weight : 0;
}
