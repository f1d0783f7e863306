import { TYPE_URLS } from "@fairlead/envoy-api";
import { type ErrorDetail, MAX_REJECTION_LENGTH } from "../protocol/subscription.ts";
import { readDeltaDiscoveryRequest } from "../wire/delta-request.ts";
import { type NodeClaim, readNode } from "../wire/node.ts";
import { readDiscoveryRequest } from "../wire/sotw-request.ts";
import type { DiscoveryMethod } from "./methods.ts";
import type { Session } from "./session.ts";

interface Common {
  /** As the request says or, on a stream for one type, as its service implies (protocol.md C2). */
  readonly typeUrl: string;
  readonly isTypeImplied: boolean;
  readonly nonce: string;
  /** Its client's dynamic parameters; `undefined`: as before (protocol.md O5). */
  readonly parameters: ReadonlyMap<string, string> | undefined;
  readonly errorDetail: ErrorDetail | undefined;
  /** Read on the first request only (protocol.md C1). */
  readonly node: NodeClaim | undefined;
}

/** A request of either protocol. */
export type AnyRequest = Common &
  (
    | { readonly mode: "sotw"; readonly versionInfo: string; readonly resourceNames: readonly string[] | "same" }
    | {
        readonly mode: "delta";
        readonly subscribe: readonly string[];
        readonly unsubscribe: readonly string[];
        readonly initialResourceVersions: ReadonlyMap<string, string>;
      }
  );

/** Types that one stream may ask for: each costs a subscription. */
const MAX_TYPES = 256;

/** Why a request can't be taken, for the client's log. */
export function refusalOf(session: Session, { typeUrl, node, isTypeImplied }: AnyRequest): string | undefined {
  const { entry, method, indexed, namesBytes } = session;
  if (!entry && !node) return "the first request of a stream must carry its node";
  const isOneMore = indexed.size >= MAX_TYPES && !indexed.has(typeUrl);
  if (isOneMore || namesBytes.size > MAX_TYPES) return `more than ${MAX_TYPES} types on one stream`;
  if (typeUrl === "") return "type_url is empty: on an aggregated stream every request names its type";
  if (method.typeUrl !== undefined && !isTypeImplied && typeUrl !== method.typeUrl) {
    return `this service is for ${method.typeUrl}, not for ${typeUrl}`;
  }
  return undefined;
}

/** A request that was read lately, of which others send the very bytes: the ACK of a response that thousands were sent. */
interface Recent {
  readonly message: Uint8Array;
  readonly method: DiscoveryMethod;
  /** The names that its stream had asked for, under the type as the request has it; in delta there are none. */
  readonly wireTypeUrl: string;
  readonly namesBytes: Uint8Array | undefined;
  readonly request: AnyRequest;
}

/** As many as there are different ACKs under way at a time, of most servers. */
const MAX_RECENT = 4;
/** Most bytes of one that is remembered. */
const MAX_RECENT_BYTES = 65_536;
const recent: Recent[] = [];
let oldestRecent = 0;

/** Reads a stream's next request. @throws WireError */
export function readRequest(session: Session, message: Uint8Array): AnyRequest {
  const known = session.entry && recent.find((one) => isSame(one, session, message));
  if (known) return known.request;
  return session.method.mode === "sotw" ? readSotw(session, message) : readDelta(session, message);
}

/** Whether it would be read as the same request. */
function isSame(one: Recent, { method, namesBytes }: Session, message: Uint8Array): boolean {
  if (one.message.length !== message.length || one.method !== method) return false;
  if (namesBytes.get(one.wireTypeUrl) !== one.namesBytes) return false;
  return Buffer.compare(one.message, message) === 0;
}

/** Remembers what does not depend on its stream but for its names, which it says to be the same as before. */
function rememberRecent(session: Session, message: Uint8Array, wireTypeUrl: string, request: AnyRequest): void {
  if (!session.entry || message.length > MAX_RECENT_BYTES || request.errorDetail) return;
  if (request.mode === "sotw" && request.resourceNames !== "same") return;
  const { method } = session;
  const namesBytes = session.namesBytes.get(wireTypeUrl);
  recent[oldestRecent] = { message: new Uint8Array(message), method, wireTypeUrl, namesBytes, request };
  oldestRecent = (oldestRecent + 1) % MAX_RECENT;
}

function readSotw(session: Session, message: Uint8Array): AnyRequest {
  const request = readDiscoveryRequest(message, session.namesBytes);
  session.namesBytes.set(request.typeUrl, request.namesBytes);
  const { versionInfo, resourceNames } = request;
  const read = { mode: "sotw", versionInfo, resourceNames, ...common(session, request) } as const;
  rememberRecent(session, message, request.typeUrl, read);
  return read;
}

function readDelta(session: Session, message: Uint8Array): AnyRequest {
  const request = readDeltaDiscoveryRequest(message);
  const { subscribe, unsubscribe, initialResourceVersions } = request;
  const read = { mode: "delta", subscribe, unsubscribe, initialResourceVersions, ...common(session, request) } as const;
  rememberRecent(session, message, request.typeUrl, read);
  return read;
}

function common(
  { entry, method }: Session,
  request: {
    readonly typeUrl: string;
    readonly nonce: string;
    readonly errorDetail: ErrorDetail | undefined;
    readonly parameters: ReadonlyMap<string, string> | undefined;
    readonly node: Uint8Array | undefined;
  },
): Common {
  const { nonce, parameters } = request;
  const errorDetail = request.errorDetail && cut(request.errorDetail);
  const isTypeImplied = request.typeUrl === "" && method.typeUrl !== undefined;
  const typeUrl = isTypeImplied ? method.typeUrl! : (BUILT_IN_TYPES.get(request.typeUrl) ?? request.typeUrl);
  const node = entry || !request.node ? undefined : readNode(request.node);
  return { typeUrl, isTypeImplied, nonce, parameters, errorDetail, node };
}

/** Of types that xDS defines, one text for all clients. */
const BUILT_IN_TYPES: ReadonlyMap<string, string> = new Map(
  Object.values(TYPE_URLS).map((typeUrl) => [typeUrl, typeUrl]),
);

/** A rejection is kept, shown and logged: not megabytes of it. */
function cut(detail: ErrorDetail): ErrorDetail {
  if (detail.message.length <= MAX_REJECTION_LENGTH) return detail;
  return { ...detail, message: `${detail.message.slice(0, MAX_REJECTION_LENGTH)}… (cut)` };
}
