import { type Instances, PORT } from "./instances.ts";
import type { Message } from "./lane.ts";

// fairlead.registry.v1: AnnounceRequest, Registration, Heartbeat, InstanceKey. Fields by number; all below 16, so a tag is one byte.
const LENGTH_DELIMITED = 2;
const REQUEST = { id: 1, register: 2, heartbeats: 3, deregister: 4 } as const;
const REGISTRATION = { key: 1, address: 2, port: 3, ttlMs: 8 } as const;
const HEARTBEAT = { key: 1 } as const;
const KEY = { service: 1, id: 2, incarnation: 3, sequence: 4 } as const;

/** Writes `AnnounceRequest`s; the part of each instance that never changes is made once. */
export function announceWriter(instances: Instances): (id: number, message: Message) => Uint8Array {
  const heads: (Buffer | undefined)[] = [];
  const headOf = (instance: number) => {
    heads[instance] ??= Buffer.concat([
      text(KEY.service, instances.serviceOf(instance)),
      text(KEY.id, instances.idOf(instance)),
      number(KEY.incarnation, instances.incarnation),
    ]);
    return heads[instance];
  };
  const keyOf = (instance: number, sequence: number) =>
    Buffer.concat([headOf(instance), number(KEY.sequence, sequence)]);
  const entryOf = (instance: number, { kind, sequence }: Message) => {
    const key = keyOf(instance, sequence);
    if (kind === "deregister") return field(REQUEST.deregister, key);
    if (kind === "heartbeat") return field(REQUEST.heartbeats, field(HEARTBEAT.key, key));
    const parts = [
      field(REGISTRATION.key, key),
      text(REGISTRATION.address, instances.addressOf(instance)),
      number(REGISTRATION.port, PORT),
      number(REGISTRATION.ttlMs, instances.ttlMs),
    ];
    return field(REQUEST.register, Buffer.concat(parts));
  };
  return (id, message) =>
    Buffer.concat([number(REQUEST.id, id), ...message.instances.map((instance) => entryOf(instance, message))]);
}

/** What an `AnnounceResponse` says: to which request, how many it refused, and the first one's words. */
export interface AnnounceResponse {
  readonly id: number;
  readonly refused: number;
  readonly why: string | undefined;
}

/** Reads the fields that are looked at. */
export function readAnnounceResponse(bytes: Uint8Array): AnnounceResponse {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  let [id, refused] = [0, 0];
  let why: string | undefined;
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) !== LENGTH_DELIMITED) {
      const value = varint();
      if (tag >> 3 === 1) id = value;
      continue;
    }
    const length = varint();
    if (tag >> 3 === 2) {
      refused++;
      why ??= refusalText(bytes.subarray(at, at + length));
    }
    at += length;
  }
  return { id, refused, why };
}

/** `Refusal.message` is its last field, and text to its end. */
function refusalText(refusal: Uint8Array): string {
  return Buffer.from(refusal)
    .toString("utf8")
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .trim();
}

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

function number(field: number, value: number): Buffer {
  return Buffer.from([field << 3, ...varintOf(value)]);
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | LENGTH_DELIMITED, ...varintOf(bytes.length)]), bytes]);
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value));
}
