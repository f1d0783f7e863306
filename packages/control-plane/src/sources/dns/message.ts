/** DNS messages (RFC 1035), as far as a client needs them: a question out; A, AAAA, CNAME and SRV (RFC 2782) in. */

/** What is asked for. */
export type RecordType = "A" | "AAAA" | "SRV";

/** One record of an answer. */
export type DnsRecord = { readonly name: string; readonly ttlMs: number } & (
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME"; readonly target: string }
  | {
      readonly type: "SRV";
      readonly target: string;
      readonly port: number;
      readonly priority: number;
      readonly weight: number;
    }
);

/** An answer, read. Names are in lower case, without a dot at their end. */
export interface DnsAnswer {
  readonly id: number;
  readonly isTruncated: boolean;
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, … */
  readonly rcode: string;
  /** The question that it answers; `undefined`: it does not say. */
  readonly question: { readonly name: string; readonly type: number } | undefined;
  readonly answers: readonly DnsRecord[];
  /** Addresses that a server adds to an SRV answer, so that nobody has to ask. */
  readonly additional: readonly DnsRecord[];
}

/** Numbers of record types. */
export const TYPE_NUMBERS: Readonly<Record<RecordType | "CNAME" | "OPT", number>> = {
  A: 1,
  CNAME: 5,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
};

const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const IN = 1;
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
/** What fits through nearly every network in one packet (DNS flag day 2020), bytes. */
const UDP_BYTES = 1_232;
/** Jumps that a compressed name may take: each label costs one at most, and a loop never ends. */
const MAX_JUMPS = 128;
/** Of a name, RFC 1035: without it, an answer of 64 KiB whose records all point to one long name takes seconds to read. */
const MAX_NAME_BYTES = 255;
const MAX_TTL_SECONDS = 2 ** 31 - 1;

/** A question. `withSize`: tells how much fits into a packet (EDNS), which some old servers do not understand. */
export function encodeQuestion(id: number, name: string, type: RecordType, withSize: boolean): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(withSize ? 1 : 0, 10);
  const question = Buffer.alloc(4);
  question.writeUInt16BE(TYPE_NUMBERS[type], 0);
  question.writeUInt16BE(IN, 2);
  const parts = [header, encodeName(name), question];
  if (withSize) {
    const size = Buffer.alloc(11);
    size.writeUInt16BE(TYPE_NUMBERS.OPT, 1);
    size.writeUInt16BE(UDP_BYTES, 3);
    parts.push(size);
  }
  return Buffer.concat(parts);
}

/** A name as labels. */
export function encodeName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]),
    Buffer.alloc(1),
  ]);
}

/** Reads an answer; `undefined`: it is none. */
export function decodeAnswer(bytes: Buffer): DnsAnswer | undefined {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends too soon, or its names run in circles
    throw error;
  }
}

function read(bytes: Buffer): DnsAnswer | undefined {
  const flags = bytes.readUInt16BE(2);
  if ((flags & RESPONSE) === 0) return undefined;
  const cursor: Cursor = { bytes, at: 12 };
  let question: DnsAnswer["question"];
  for (let left = bytes.readUInt16BE(4); left > 0; left--) {
    const name = readName(cursor);
    question = { name, type: bytes.readUInt16BE(cursor.at) };
    cursor.at += 4;
  }
  const isTruncated = (flags & TRUNCATED) !== 0;
  const head = {
    id: bytes.readUInt16BE(0),
    isTruncated,
    rcode: RCODES[flags & 0xf] ?? `RCODE${flags & 0xf}`,
    question,
  };
  if (isTruncated) return { ...head, answers: [], additional: [] };
  const answers = readRecords(cursor, bytes.readUInt16BE(6));
  readRecords(cursor, bytes.readUInt16BE(8)); // who is responsible
  const additional = readRecords(cursor, bytes.readUInt16BE(10));
  return { ...head, answers, additional };
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function readRecords(cursor: Cursor, count: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let left = count; left > 0; left--) {
    const record = readRecord(cursor);
    if (record) records.push(record);
  }
  return records;
}

function readRecord(cursor: Cursor): DnsRecord | undefined {
  const { bytes } = cursor;
  const name = readName(cursor);
  const type = bytes.readUInt16BE(cursor.at);
  const kind = bytes.readUInt16BE(cursor.at + 2);
  const ttl = bytes.readUInt32BE(cursor.at + 4);
  const length = bytes.readUInt16BE(cursor.at + 8);
  const start = cursor.at + 10;
  if (start + length > bytes.length) throw new RangeError("a record ends too soon");
  cursor.at = start + length;
  if (kind !== IN) return undefined;
  const common = { name, ttlMs: (ttl > MAX_TTL_SECONDS ? 0 : ttl) * 1_000 }; // RFC 2181, section 8
  const inner = (at: number): string => readName({ bytes, at });
  if (type === TYPE_NUMBERS.A && length === 4) {
    return { ...common, type: "A", address: bytes.subarray(start, start + 4).join(".") };
  }
  if (type === TYPE_NUMBERS.AAAA && length === 16) {
    const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(start + 2 * index).toString(16));
    return { ...common, type: "AAAA", address: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1) };
  }
  if (type === TYPE_NUMBERS.CNAME) return { ...common, type: "CNAME", target: inner(start) };
  if (type !== TYPE_NUMBERS.SRV) return undefined;
  const [priority, weight, port] = [0, 2, 4].map((offset) => bytes.readUInt16BE(start + offset)) as [
    number,
    number,
    number,
  ];
  return { ...common, type: "SRV", priority, weight, port, target: inner(start + 6) };
}

function readName(cursor: Cursor): string {
  const { bytes } = cursor;
  const labels: string[] = [];
  let { at } = cursor;
  let end: number | undefined;
  let left = MAX_NAME_BYTES;
  for (let jumps = 0; ; ) {
    const length = bytes.readUInt8(at);
    if (length === 0) break;
    if (length < 0x40) {
      if (at + 1 + length > bytes.length) throw new RangeError("a name ends too soon");
      left -= length + 1;
      if (left < 1) throw new RangeError("a name is too long");
      labels.push(bytes.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
      continue;
    }
    if (length < 0xc0 || ++jumps > MAX_JUMPS) throw new RangeError("not a name");
    end ??= at + 2;
    at = bytes.readUInt16BE(at) & 0x3fff;
  }
  cursor.at = end ?? at + 1;
  return labels.join(".").toLowerCase();
}
