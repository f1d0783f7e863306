import { readNode } from "../../wire/node.ts";
import type { NodeIdentity } from "../source.ts";
import type { ServerStream } from "../transport.ts";
import type { ServiceHost } from "./service.ts";

/** A proxy that reports: who it says it is, and what its connection proves. */
export interface Reporter {
  readonly streamId: number;
  readonly peer: string;
  readonly node: NodeIdentity;
  /** The group that serves it; `undefined`: none. */
  readonly group: string | undefined;
}

/** Who reports on a stream, from the encoded node of its first message. @throws WireError */
export function reporterOf(host: ServiceHost, stream: ServerStream, nodeBytes: Uint8Array): Reporter {
  const { sans, peer } = stream.connection;
  const node = { ...readNode(nodeBytes), sans };
  return { streamId: stream.id, peer, node, group: host.groupOf(node) };
}
