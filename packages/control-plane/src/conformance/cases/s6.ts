import { gzipSync } from "node:zlib";
import { adsPath, encodeNode, StatusCode, servicePath, statusName, writeDiscoveryRequest } from "@fairlead/xds";
import { type Case, SPEC } from "../case.ts";
import { describeStatus } from "../describe.ts";
import { CDS, cluster } from "../resources.ts";
import type { Trial } from "../trial.ts";
import { mustEnd } from "./must-end.ts";

/** Larger than any server should take from a client, bytes; Fairlead's `maxAllowedMessageBytes` is 64 MiB. */
const OVERSIZE_BYTES = 80 * 1_048_576;
/** Larger than what Fairlead takes from a client of a small group, bytes. */
const TOO_MUCH_BYTES = 6 * 1_048_576;
/** How long a call with a deadline of a second may go on, ms. */
const DEADLINE_MS = 10_000;

/** A type whose name no header may hold as it is. */
const ODD_TYPE = "type.googleapis.com/a line\nbreak, 100 % and a ü";

export const S6: readonly Case[] = [
  {
    id: "S6",
    says: "an unknown method is UNIMPLEMENTED",
    level: "spec",
    source: SPEC.statusCodes,
    variants: ["grpc"],
    async run(t) {
      mustEnd(t, await t.call({ path: "/envoy.service.none.v3.NoService/StreamNothing", ends: true }), "UNIMPLEMENTED");
    },
  },
  {
    id: "S6",
    says: "a request that is no gRPC is answered by HTTP 415, or refused",
    level: "recommended",
    source: `${SPEC.grpc}: "SHOULD respond with HTTP status of 415"`,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("a"));
      const metadata = { "content-type": "text/plain" };
      const { status, messages } = await t.call({
        path: adsPath("sotw"),
        metadata,
        send: [firstRequest(t)],
        untilMessage: true,
      });
      t.must(messages.length === 0, "no response to a request of type text/plain", "a response");
      t.must(
        status.code !== StatusCode.OK && status.code !== StatusCode.CANCELLED,
        "a refusal",
        describeStatus(status),
      );
    },
  },
  {
    id: "S6",
    says: "a gzip request is taken, or refused as UNIMPLEMENTED",
    level: "spec",
    source: `${SPEC.compression}: an unsupported encoding is UNIMPLEMENTED`,
    variants: ["grpc"],
    async run(t) {
      const { status, messages } = await gzipCall(t);
      const isRefused = status.code === StatusCode.UNIMPLEMENTED;
      t.must(messages.length > 0 || isRefused, "a response, or UNIMPLEMENTED", describeStatus(status));
    },
  },
  {
    id: "S6",
    says: "a gzip request is taken",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["grpc"],
    async run(t) {
      const { status, messages } = await gzipCall(t);
      t.must(messages.length > 0, "a response", describeStatus(status));
    },
  },
  {
    id: "S6",
    says: "a message that is too large ends the call with RESOURCE_EXHAUSTED",
    level: "recommended",
    source: SPEC.statusCodes,
    variants: ["grpc"],
    async run(t) {
      const end = await t.call({ path: adsPath("sotw"), send: [new Uint8Array(OVERSIZE_BYTES)] });
      mustEnd(t, end, "RESOURCE_EXHAUSTED");
    },
  },
  {
    id: "S6",
    says: "a client that is served little may send little: a message of 6 MiB is too large",
    level: "fairlead",
    source: `${SPEC.fairlead}: maxMessageBytes`,
    variants: ["grpc"],
    async run(t) {
      const end = await t.call({ path: adsPath("sotw"), send: [new Uint8Array(TOO_MUCH_BYTES)] });
      mustEnd(t, end, "RESOURCE_EXHAUSTED");
    },
  },
  {
    id: "S6",
    says: "a deadline that has passed ends the call",
    level: "recommended",
    source: `${SPEC.grpc}: "grpc-timeout"`,
    variants: ["grpc"],
    async run(t) {
      const startedMs = performance.now();
      const end = await t.call({ path: adsPath("sotw"), metadata: { "grpc-timeout": "1S" } });
      const tookMs = performance.now() - startedMs;
      t.must(tookMs < DEADLINE_MS, `an end after 1 s`, `one after ${Math.round(tookMs)} ms`);
      mustEnd(t, end, "DEADLINE_EXCEEDED", "CANCELLED");
    },
  },
  {
    id: "S6",
    says: "a message of a status is percent-encoded",
    level: "spec",
    source: `${SPEC.grpc}: "Percent-Encoded"`,
    variants: ["grpc"],
    async run(t) {
      const path = servicePath(CDS, "sotw")!;
      const send = [writeDiscoveryRequest({ typeUrl: ODD_TYPE, node: nodeOf(t) })];
      const { status } = await t.call({ path, send, untilMessage: true, mayGoOn: true });
      if (status.code === StatusCode.CANCELLED) t.lacks("the server refuses no type, and so has nothing to say");
      // A server that quotes the type must do so by the rule; one that does not has nothing to encode.
      const quotes = status.message.includes("a line");
      t.must(!quotes || status.message.includes(ODD_TYPE), "the type as it was sent", JSON.stringify(status.message));
      t.must(status.code !== StatusCode.UNAVAILABLE, "a status in the trailers", describeStatus(status));
      const isNamed = !statusName(status.code).startsWith("CODE_");
      t.must(isNamed, "one of gRPC's codes", describeStatus(status));
    },
  },
  {
    id: "S6",
    says: "a status says which type was wrong, whatever characters it has",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["grpc"],
    async run(t) {
      const send = [writeDiscoveryRequest({ typeUrl: ODD_TYPE, node: nodeOf(t) })];
      const { status } = await t.call({ path: servicePath(CDS, "sotw")!, send, untilMessage: true });
      t.must(status.message.includes(ODD_TYPE), "the type as it was sent", describeStatus(status));
    },
  },
];

async function gzipCall(t: Trial) {
  await t.given(cluster("a"));
  const send = [new Uint8Array(gzipSync(firstRequest(t)))];
  return await t.call({ path: adsPath("sotw"), encoding: "gzip", send, untilMessage: true });
}

function firstRequest(t: Trial): Uint8Array {
  return writeDiscoveryRequest({ typeUrl: CDS, node: nodeOf(t) });
}

function nodeOf(t: Trial): Uint8Array {
  return encodeNode({ id: t.node, cluster: t.node });
}
