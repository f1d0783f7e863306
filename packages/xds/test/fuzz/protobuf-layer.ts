import { Flag, FrameType, frame, messageFrame, openFrame } from "../support/http2-frames.ts";
import type { Random } from "../support/random.ts";
import { openValid } from "./calls.ts";
import type { FuzzLayer } from "./layer.ts";
import { mutate } from "./mutate.ts";
import { bytesField, deltaRequest, sotwRequest } from "./xds-requests.ts";

const sotw = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
const delta = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
const cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const perType = "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters";

/** Payloads that are nearly requests, in valid gRPC: a stream may end with a status, its connection goes on. */
export const protobufLayer: FuzzLayer = {
  name: "protobuf",
  casesPerBatch: 50,
  limits: { resetBurst: 1_000_000 },
  async play(port, random, cases, count) {
    const connection = openValid(port);
    for (let left = cases; left > 0; ) {
      const id = connection.nextStream();
      const path = random.pick([sotw, delta, perType]);
      const messages = Math.min(left, 1 + random.int(5));
      left -= messages;
      connection.send(openFrame(id, path));
      for (let at = 0; at < messages; at++) connection.send(messageFrame(id, payload(random, path, at === 0)));
      if (random.chance(0.2)) connection.send(frame(FrameType.DATA, Flag.END_STREAM, id));
    }
    const wildcard = sotwRequest({ nodeId: "alive", typeUrl: cluster });
    await connection.finish(sotw, wildcard, count);
  },
};

function payload(random: Random, path: string, isFirst: boolean): Buffer {
  if (random.chance(0.03)) return random.bytes(random.int(200));
  if (random.chance(0.02)) return nested(random, 1 + random.int(3_000));
  const types = path === perType ? [cluster] : [cluster, ...otherTypes(random)];
  const valid =
    path === delta ? deltaRequest(anyDelta(random, isFirst, types)) : sotwRequest(anySotw(random, isFirst, types));
  return random.chance(isFirst ? 0.7 : 0.3) ? valid : mutate(random, valid); // a first request that fails ends the stream
}

/** A field within itself, over and over. */
function nested(random: Random, depth: number): Buffer {
  const field = 1 + random.int(8);
  let inner: Buffer = Buffer.alloc(0);
  for (let at = 0; at < depth && inner.length < 60_000; at++) inner = bytesField(field, inner);
  return inner;
}

function anySotw(random: Random, isFirst: boolean, types: readonly string[]): Parameters<typeof sotwRequest>[0] {
  return {
    ...common(random, isFirst, types),
    names: names(random),
    version: random.chance(0.3) ? text(random) : "",
  };
}

function anyDelta(random: Random, isFirst: boolean, types: readonly string[]): Parameters<typeof deltaRequest>[0] {
  return {
    ...common(random, isFirst, types),
    subscribe: names(random),
    unsubscribe: names(random),
    versions: random.chance(0.3) ? names(random).map((name) => [name, text(random)] as const) : [],
  };
}

function common(random: Random, isFirst: boolean, types: readonly string[]) {
  return {
    nodeId: isFirst || random.chance(0.1) ? `n${text(random)}` : "",
    typeUrl: random.pick(types),
    nonce: random.chance(0.4) ? text(random) : "",
    error: random.chance(0.1) ? text(random) : "",
  };
}

function otherTypes(random: Random): string[] {
  const names = [
    "endpoint.v3.ClusterLoadAssignment",
    "listener.v3.Listener",
    "route.v3.RouteConfiguration",
    text(random),
  ];
  return [
    ...names.map((name) => `type.googleapis.com/envoy.config.${name}`),
    random.chance(0.1) ? text(random) : cluster,
  ];
}

function names(random: Random): string[] {
  return Array.from({ length: random.int(4) }, () => random.pick(["*", "a", "b", "round-1", "", text(random)]));
}

function text(random: Random): string {
  return random.bytes(random.int(12)).toString(random.pick(["hex", "latin1", "utf8"]));
}
