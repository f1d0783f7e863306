import { gunzipSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A function's own CPU time in a profile. */
export interface OwnTime {
  /** As `packages/control-plane/src/profiles` writes it: `turn (@fairlead/xds/src/protocol/turn.ts)`. */
  readonly name: string;
  /** From its package's name on; `native`; empty: none. */
  readonly file: string;
  readonly cpuNs: number;
}

/** Reads who took the CPU time of a profile in pprof's format: of each stack, its innermost function. */
export function readOwnTimes(gzipped: Uint8Array): readonly OwnTime[] {
  const profile = read(gunzipSync(gzipped));
  const texts = profile.texts(6);
  const types = profile.messages(1).map((type) => texts[type.number(1)]);
  const cpu = types.indexOf("cpu");
  if (cpu < 0) throw new Error(`no profile of CPU time: it has ${types.join(", ")}`);
  const functions = new Map(
    profile.messages(5).map((one) => [one.number(1), { name: texts[one.number(2)]!, file: texts[one.number(4)]! }]),
  );
  const functionOfLocation = new Map(
    profile.messages(4).map((one) => [one.number(1), functions.get(one.messages(4)[0]!.number(1))!]),
  );
  const times = new Map<object, number>();
  for (const sample of profile.messages(2)) {
    const [innermost = 0] = sample.numbers(1);
    const owner = functionOfLocation.get(innermost)!;
    times.set(owner, (times.get(owner) ?? 0) + sample.numbers(2)[cpu]!);
  }
  return [...functions.values()].map((owner) => ({ ...owner, cpuNs: times.get(owner) ?? 0 }));
}

/** A message's fields, by number. */
interface Message {
  number(field: number): number;
  numbers(field: number): readonly number[];
  messages(field: number): readonly Message[];
  texts(field: number): readonly string[];
}

function read(bytes: Uint8Array): Message {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const value = wireType === WireType.Varint ? Number(reader.int64()) : reader.bytes();
    const values = fields.get(field);
    if (values) values.push(value);
    else fields.set(field, [value]);
  }
  const bytesOf = (field: number) => (fields.get(field) ?? []).filter((value) => typeof value !== "number");
  return {
    number: (field) => (fields.get(field)?.[0] as number | undefined) ?? 0,
    numbers: (field) => bytesOf(field).flatMap(unpack),
    messages: (field) => bytesOf(field).map(read),
    texts: (field) => bytesOf(field).map((value) => Buffer.from(value).toString()),
  };
}

function unpack(bytes: Uint8Array): readonly number[] {
  const reader = new BinaryReader(bytes);
  const numbers: number[] = [];
  while (reader.pos < reader.len) numbers.push(Number(reader.int64()));
  return numbers;
}
