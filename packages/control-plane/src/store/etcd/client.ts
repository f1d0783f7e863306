import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import type { RangeRequestSchema, RangeResponse, TxnRequestSchema, TxnResponse } from "../../../gen/etcd/rpc_pb.js";
import { createEndpoint, type Endpoint } from "./endpoint.ts";
import { EtcdError, etcdErrorOf } from "./etcd-error.ts";
import { type EtcdSettings, nameOf } from "./settings.ts";

/** A key and what it holds. */
export type { KeyValue } from "../../../gen/etcd/kv_pb.js";

/** How to make one call to one member. */
export type CallOf<T> = (endpoint: Endpoint, options: CallOptions) => Promise<T>;

/** Options of one call. */
export interface EtcdCallOptions {
  /** With all its attempts, ms. Default: the client's. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Options of a transaction. */
export interface TxnOptions extends EtcdCallOptions {
  /** Whether making it twice is the same as making it once, so that it is tried again when its fate is unknown. Default `false`. */
  readonly isRepeatable?: boolean;
}

/**
 * Talks to an etcd cluster by whichever member answers. Every call has a deadline and throws an {@link EtcdError}; what can be
 * made twice without harm is tried at the other members until then, the rest only if it was surely not made.
 */
export interface EtcdClient {
  /** For messages: `etcd://HOST:PORT,…`. */
  readonly name: string;
  /** Reads the newest state, or that of a revision. */
  range(request: MessageInitShape<typeof RangeRequestSchema>, options?: EtcdCallOptions): Promise<RangeResponse>;
  /** All or none, if what it compares holds. Made at most once, unless it is said to be repeatable. */
  txn(request: MessageInitShape<typeof TxnRequestSchema>, options?: TxnOptions): Promise<TxnResponse>;
  /** A lease that ends after this long without {@link EtcdClient.keepAlive}; at least that, in whole seconds. */
  grantLease(ttlMs: number, options?: EtcdCallOptions): Promise<{ readonly id: bigint; readonly ttlMs: number }>;
  /** @returns how long it lasts from now, ms. @throws EtcdError `lease-gone` */
  keepAlive(id: bigint, options?: EtcdCallOptions): Promise<number>;
  /** Ends a lease and removes what hangs on it. */
  revokeLease(id: bigint, options?: EtcdCallOptions): Promise<void>;
  /** Makes a call of one's own, for what lasts longer than a call. Tried once, with the member that answered last, without a deadline. */
  attempt<T>(call: string, run: CallOf<T>, signal: AbortSignal): Promise<T>;
  /** Ends whatever is under way. */
  close(): void;
}

const CALL_TIMEOUT_MS = 5_000;
/** With several members, how long one may stay silent before the next is asked. */
const ATTEMPT_TIMEOUT_MS = 2_000;
/** Between two rounds by all members. */
const PAUSE_MS = 100;

/** Asks etcd not to answer from a member that has lost the others. */
const REQUIRE_LEADER = { hasleader: "true" };

/** Opens no connection yet. */
export function createEtcdClient(settings: EtcdSettings): EtcdClient {
  const { callTimeoutMs = CALL_TIMEOUT_MS, tls, username, password = "" } = settings;
  const endpoints = settings.endpoints.map((address) => createEndpoint(address, tls));
  const name = nameOf(settings);
  const closing = new AbortController();
  let current = 0;
  let token: Promise<string> | undefined;

  const leave = (endpoint: Endpoint): void => {
    if (endpoints[current] === endpoint) current = (current + 1) % endpoints.length;
  };

  const authenticate = async (endpoint: Endpoint, options: CallOptions): Promise<string> => {
    const answer = await endpoint.auth.authenticate({ name: username!, password }, options);
    return answer.token;
  };
  const headersFor = async (endpoint: Endpoint, options: CallOptions): Promise<Record<string, string>> => {
    if (username === undefined) return REQUIRE_LEADER;
    token ??= authenticate(endpoint, options);
    const mine = token;
    try {
      return { ...REQUIRE_LEADER, token: await mine };
    } catch (error) {
      if (token === mine) token = undefined;
      throw etcdErrorOf(error, `authenticating ${username}`, endpoint.name);
    }
  };

  /** One attempt at one member. */
  const once = async <T>(what: string, run: CallOf<T>, endpoint: Endpoint, options: CallOptions): Promise<T> => {
    const startedAt = performance.now();
    const used = token;
    try {
      const answer = await run(endpoint, { ...options, headers: await headersFor(endpoint, options) });
      endpoint.heardAt = performance.now();
      return answer;
    } catch (thrown) {
      if (closing.signal.aborted) throw new EtcdError("unreachable", `${name}: the client is closed`);
      const error = etcdErrorOf(thrown, what, endpoint.name);
      if (error.etcdKind === "token" && token === used) token = undefined;
      if (error.etcdKind === "unknown" || error.etcdKind === "unreachable") {
        leave(endpoint);
        // A connection on which nothing came back may be dead without anybody knowing.
        if (endpoint.heardAt < startedAt) endpoint.disconnect(error.message);
      }
      throw error;
    }
  };

  const call = async <T>(
    what: string,
    isRepeatable: boolean,
    run: CallOf<T>,
    { timeoutMs = callTimeoutMs, signal }: EtcdCallOptions = {},
  ): Promise<T> => {
    const deadline = performance.now() + timeoutMs;
    const ends = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    for (let attempt = 1; ; attempt++) {
      const left = Math.max(1, deadline - performance.now());
      const most = isRepeatable && endpoints.length > 1 ? Math.min(left, ATTEMPT_TIMEOUT_MS) : left;
      try {
        return await once(what, run, endpoints[current]!, { timeoutMs: Math.ceil(most), signal: ends });
      } catch (thrown) {
        const error = thrown as EtcdError;
        const isOver = ends.aborted || performance.now() + PAUSE_MS >= deadline;
        if (isOver || !isWorthAnother(error, isRepeatable)) throw error;
        if (attempt % endpoints.length === 0) await sleep(PAUSE_MS);
      }
    }
  };

  return {
    name,
    range: (request, options) => call("reading", true, ({ kv }, how) => kv.range(request, how), options),
    txn: (request, options) =>
      call("writing", options?.isRepeatable ?? false, ({ kv }, how) => kv.txn(request, how), options),
    async grantLease(ttlMs, options) {
      const request = { TTL: BigInt(Math.ceil(ttlMs / 1_000)) };
      const { ID, TTL } = await call(
        "asking for a lease",
        true,
        ({ lease }, how) => lease.leaseGrant(request, how),
        options,
      );
      return { id: ID, ttlMs: Number(TTL) * 1_000 };
    },
    keepAlive: (id, options) =>
      call("keeping a lease", true, (endpoint, how) => keepAliveOnce(endpoint, id, how), options),
    async revokeLease(ID, options) {
      await call("ending a lease", true, ({ lease }, how) => lease.leaseRevoke({ ID }, how), options);
    },
    attempt: (what, run, signal) =>
      once(what, run, endpoints[current]!, { signal: AbortSignal.any([signal, closing.signal]) }),
    close() {
      closing.abort();
      for (const endpoint of endpoints) endpoint.disconnect("the client is closed");
    },
  };
}

function isWorthAnother({ etcdKind }: EtcdError, isRepeatable: boolean): boolean {
  return etcdKind === "unreachable" || etcdKind === "token" || (etcdKind === "unknown" && isRepeatable);
}

/** etcd keeps leases by a stream; one question and one answer of it are a call. */
async function keepAliveOnce({ lease, name }: Endpoint, id: bigint, options: CallOptions): Promise<number> {
  async function* requests() {
    yield { ID: id };
  }
  for await (const { TTL } of lease.leaseKeepAlive(requests(), options)) {
    if (TTL > 0n) return Number(TTL) * 1_000;
    throw new EtcdError("lease-gone", `etcd at ${name}: the lease ${id.toString(16)} has ended: a new one is needed`);
  }
  throw new EtcdError("unknown", `etcd at ${name}: keeping a lease: it ended without an answer`);
}
