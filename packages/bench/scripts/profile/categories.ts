import type { OwnTime } from "./read-pprof.ts";

/** What a server's CPU time is spent on; the kernel's is told apart by the system. */
export const CATEGORIES = [
  "kernel",
  "Node's own C++: sockets, its HTTP/2, V8",
  "HTTP/2 and connections",
  "gRPC and messages on the wire",
  "protocol and streams",
  "snapshots and differences",
  "marshalling: JSON to resources to bytes",
  "validation of commits",
  "admin API",
  "metrics and logs",
  "garbage collection",
  "other",
] as const;

export type Category = (typeof CATEGORIES)[number];

/** The first that matches a function's file, or its name where it has none, decides. */
const RULES: readonly (readonly [category: Category, pattern: RegExp])[] = [
  ["garbage collection", /^\(garbage collector\)$/],
  ["Node's own C++: sockets, its HTTP/2, V8", /^(native|\(program\))$/],
  [
    "HTTP/2 and connections",
    /^(@fairlead\/h2\/|@fairlead\/xds\/src\/server\/http2\/|node:(net|tls|stream|_tls|internal\/(http2|stream|net|tls|js_stream|timers)))/,
  ],
  ["gRPC and messages on the wire", /^@fairlead\/xds\/src\/(grpc|wire)\//],
  [
    "marshalling: JSON to resources to bytes",
    /^(@bufbuild\/|@fairlead\/envoy-api\/src\/(json|walk)\/|fairlead\/src\/resources\/)/,
  ],
  ["snapshots and differences", /^(@fairlead\/xds\/src\/cache\/|fairlead\/src\/store\/)/],
  ["validation of commits", /^(@fairlead\/envoy-api\/|fairlead\/src\/(validation|groups|types)\/)/],
  ["metrics and logs", /^(fairlead\/src\/telemetry\/|@prometheus-io\/|pino|node:diagnostics_channel)/],
  ["protocol and streams", /^@fairlead\/xds\//],
  ["admin API", /^(fairlead\/src\/admin\/|fastify|@fastify\/|find-my-way|zod|node:(_http|http|internal\/http))/],
];

/** What a function's own time is spent on. */
export function categoryOf({ name, file }: Pick<OwnTime, "name" | "file">): Category {
  const place = file === "" ? name : file;
  return RULES.find(([, pattern]) => pattern.test(place))?.[0] ?? "other";
}

/** A part of the CPU time, 1: all of it. */
export type Shares = Readonly<Record<Category, number>>;

/**
 * Divides a server's CPU time. V8 sees no kernel: what the system counted there passed in calls of Node's C++, so it is taken off
 * their time, and off all of JavaScript's alike where that does not suffice.
 *
 * @param kernelShare of the CPU time, in the kernel
 */
export function sharesOf(times: readonly OwnTime[], kernelShare: number): Shares {
  const sums = Object.fromEntries(CATEGORIES.map((category) => [category, 0])) as Record<Category, number>;
  for (const time of times) sums[categoryOf(time)] += time.cpuNs;
  const total = Object.values(sums).reduce((sum, one) => sum + one, 0);
  const native = "Node's own C++: sockets, its HTTP/2, V8";
  const shares = Object.fromEntries(CATEGORIES.map((category) => [category, total > 0 ? sums[category] / total : 0]));
  const fromNative = Math.min(kernelShare, shares[native]!);
  const rest = kernelShare - fromNative;
  const elsewhere = 1 - shares[native]!;
  const scale = elsewhere > 0 ? (elsewhere - rest) / elsewhere : 1;
  const divided = CATEGORIES.map((category) => {
    if (category === "kernel") return [category, kernelShare];
    if (category === native) return [category, shares[native]! - fromNative];
    return [category, shares[category]! * scale];
  });
  return Object.fromEntries(divided) as Shares;
}
