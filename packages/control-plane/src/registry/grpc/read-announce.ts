import { readLocality, readStruct, tagOf, WIRE, WireReader } from "@fairlead/xds";
import type { InstanceKey, InstanceStatus, Locality, Registration } from "../instance.ts";
import type { Announcement } from "../registry.ts";

/** Instances of one request, at most, those that only beat included: an empty one is two bytes on the wire and a hundred here. */
export const MAX_INSTANCES_PER_REQUEST = 10_000;

/** Instances that are read in one step of work. */
const INSTANCES_PER_STEP = 256;

/** An `AnnounceRequest`. */
export interface AnnounceRequest extends Announcement {
  /** Its `id` as it came: any 64 bits, which a number could not hold. Empty: there is none. */
  readonly id: Uint8Array;
}

const ID = tagOf(1, WIRE.varint);
const REGISTER = tagOf(2, WIRE.bytes);
const HEARTBEAT = tagOf(3, WIRE.bytes);
const DEREGISTER = tagOf(4, WIRE.bytes);

const KEY = tagOf(1, WIRE.bytes);
const ADDRESS = tagOf(2, WIRE.bytes);
const PORT = tagOf(3, WIRE.varint);
const WEIGHT = tagOf(4, WIRE.varint);
const LOCALITY = tagOf(5, WIRE.bytes);
const METADATA = tagOf(6, WIRE.bytes);
const STATUS = tagOf(7, WIRE.varint);
const TTL_MS = tagOf(8, WIRE.varint);
const HOSTNAME = tagOf(9, WIRE.bytes);

const SERVICE = tagOf(1, WIRE.bytes);
const INSTANCE_ID = tagOf(2, WIRE.bytes);
const INCARNATION = tagOf(3, WIRE.varint);
const SEQUENCE = tagOf(4, WIRE.varint);

const NO_ID = new Uint8Array();
const NO_LOCALITY: Locality = { region: "", zone: "", subZone: "" };
const NO_METADATA: Registration["metadata"] = {};
/** By number, as the .proto file has them. */
const STATUSES: readonly InstanceStatus[] = ["UP", "UP", "DRAINING", "DOWN"];

/**
 * Reads an `AnnounceRequest` in steps, by hand: a generic decoder makes a `BigInt` of each number, and an object for each layer.
 * What it says is not checked. `undefined`: it has more than {@link MAX_INSTANCES_PER_REQUEST}.
 *
 * @throws WireError
 */
export function* readAnnounce(bytes: Uint8Array): Generator<undefined, AnnounceRequest | undefined> {
  const reader = new WireReader(bytes);
  const register: Registration[] = [];
  const heartbeats: InstanceKey[] = [];
  const deregister: InstanceKey[] = [];
  let id: Uint8Array = NO_ID;
  let count = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === ID) {
      const start = reader.pos;
      reader.varint();
      id = reader.bytes.subarray(start, reader.pos);
      continue;
    }
    if (tag === HEARTBEAT) heartbeats.push(readHeartbeat(reader.message()));
    else if (tag === REGISTER) register.push(readRegistration(reader.message()));
    else if (tag === DEREGISTER) deregister.push(readKey(reader.message()));
    else {
      reader.skip(tag);
      continue;
    }
    count += 1;
    if (count > MAX_INSTANCES_PER_REQUEST) return undefined;
    if (count % INSTANCES_PER_STEP === 0) yield;
  }
  return { id, register, heartbeats, deregister };
}

function readHeartbeat(reader: WireReader): InstanceKey {
  let key = NO_KEY;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === KEY) key = readKey(reader.message());
    else reader.skip(tag);
  }
  return key;
}

function readKey(reader: WireReader): InstanceKey {
  let service = "";
  let id = "";
  let incarnation = 0;
  let sequence = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === SERVICE) service = reader.string();
    else if (tag === INSTANCE_ID) id = reader.string();
    else if (tag === INCARNATION) incarnation = reader.varint();
    else if (tag === SEQUENCE) sequence = reader.varint();
    else reader.skip(tag);
  }
  return { service, id, incarnation, sequence };
}

const NO_KEY: InstanceKey = { service: "", id: "", incarnation: 0, sequence: 0 };

function readRegistration(reader: WireReader): Registration {
  let key = NO_KEY;
  let address = "";
  let port = 0;
  let weight = 0;
  let locality = NO_LOCALITY;
  let metadata = NO_METADATA;
  let status: InstanceStatus = "UP";
  let ttlMs = 0;
  let hostname = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === KEY) key = readKey(reader.message());
    else if (tag === ADDRESS) address = reader.string();
    else if (tag === PORT) port = reader.varint();
    else if (tag === WEIGHT) weight = reader.varint();
    else if (tag === LOCALITY) locality = readLocality(reader.message());
    else if (tag === METADATA) metadata = readMetadata(reader.message());
    else if (tag === STATUS) status = statusOf(reader.int32());
    else if (tag === TTL_MS) ttlMs = reader.varint();
    else if (tag === HOSTNAME) hostname = reader.string();
    else reader.skip(tag);
  }
  const { service, id, incarnation, sequence } = key;
  return { service, id, incarnation, sequence, address, port, hostname, weight, locality, metadata, status, ttlMs };
}

/** A Struct's number may be none that JSON has: once through its text, it is the same wherever the instance is read. */
function readMetadata(reader: WireReader): Registration["metadata"] {
  return JSON.parse(JSON.stringify(readStruct(reader)));
}

/** What is not known is left to be refused, by its number. */
function statusOf(value: number): InstanceStatus {
  return STATUSES[value] ?? (String(value) as InstanceStatus);
}
