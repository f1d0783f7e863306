// By hand, since the whole API's types would take 50 MB of a server that is measured.
import protobuf from "protobufjs/minimal.js";

/** What the workload's `ClusterLoadAssignment` is made of. */
export interface Assignment {
  readonly name: string;
  /** The first three octets of its endpoints' addresses. */
  readonly network: string;
  readonly endpoints: number;
  /** Stands in the first endpoint's hostname. */
  readonly mark: number;
}

const PORT = 8080;
const CONNECT_TIMEOUT_SECONDS = 1;

/** A `ClusterLoadAssignment`. */
export function encodeAssignment({ name, network, endpoints, mark }: Assignment): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(10).string(name);
  writer.uint32(18).fork(); // endpoints
  for (let number = 1; number <= endpoints; number++) {
    writer.uint32(18).fork().uint32(10).fork(); // lb_endpoints, endpoint
    writer.uint32(10).fork().uint32(10).fork(); // address, socket_address
    writer.uint32(18).string(`${network}.${number}`).uint32(24).uint32(PORT);
    writer.ldelim().ldelim();
    if (number === 1) writer.uint32(26).string(`change-${String(mark).padStart(12, "0")}`); // hostname
    writer.ldelim().ldelim();
  }
  return writer.ldelim().finish();
}

/** A static `Cluster` with that assignment. */
export function encodeCluster(name: string, assignment: Uint8Array): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(10).string(name).uint32(16).int32(0); // type: STATIC
  writer.uint32(34).fork().uint32(8).int64(CONNECT_TIMEOUT_SECONDS).ldelim();
  return writer.uint32(266).bytes(assignment).finish(); // load_assignment, field 33
}
