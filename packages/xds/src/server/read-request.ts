import { type ErrorDetail, MAX_REJECTION_LENGTH } from "../protocol/subscription.ts";
import { readDeltaDiscoveryRequest } from "../wire/delta-request.ts";
import { type NodeClaim, readNode } from "../wire/node.ts";
import { readDiscoveryRequest } from "../wire/sotw-request.ts";
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

/** Reads a stream's next request. @throws WireError */
export function readRequest(session: Session, message: Uint8Array): AnyRequest {
  return session.method.mode === "sotw" ? readSotw(session, message) : readDelta(session, message);
}

function readSotw(session: Session, message: Uint8Array): AnyRequest {
  const request = readDiscoveryRequest(message, session.namesBytes);
  session.namesBytes.set(request.typeUrl, request.namesBytes);
  const { versionInfo, resourceNames } = request;
  return { mode: "sotw", versionInfo, resourceNames, ...common(session, request) };
}

function readDelta(session: Session, message: Uint8Array): AnyRequest {
  const request = readDeltaDiscoveryRequest(message);
  const { subscribe, unsubscribe, initialResourceVersions } = request;
  return { mode: "delta", subscribe, unsubscribe, initialResourceVersions, ...common(session, request) };
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
  const typeUrl = isTypeImplied ? method.typeUrl! : request.typeUrl;
  const node = entry || !request.node ? undefined : readNode(request.node);
  return { typeUrl, isTypeImplied, nonce, parameters, errorDetail, node };
}

/** A rejection is kept, shown and logged: not megabytes of it. */
function cut(detail: ErrorDetail): ErrorDetail {
  if (detail.message.length <= MAX_REJECTION_LENGTH) return detail;
  return { ...detail, message: `${detail.message.slice(0, MAX_REJECTION_LENGTH)}… (cut)` };
}
