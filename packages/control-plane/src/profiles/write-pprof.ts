import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readVersion } from "../version.ts";
import { type CpuStacks, cpuShare, type Frame, type HeapStacks, IDLE, type StackNode, type Stacks } from "./stacks.ts";

const compress = promisify(gzip);

/**
 * Writes what a thread did in pprof's format, gzipped: by stack the `samples`, the `wall` time and of that the `cpu` time,
 * which waiting has none of. `cpu` adds up to what the system says that the thread had, divided as the samples are:
 * where other processes take the core away, wall-clock time alone would say more.
 */
export async function writeCpuPprof(stacks: CpuStacks): Promise<Uint8Array> {
  const { intervalUs, threadCpuUs, processCpuUs, durationMs } = stacks;
  const share = cpuShare(stacks);
  return await write(stacks, {
    types: [
      ["samples", "count"],
      ["wall", "nanoseconds"],
      ["cpu", "nanoseconds"],
    ],
    period: ["cpu", "nanoseconds", intervalUs * 1_000],
    valuesOf: ({ frame, samples, amount }) => [
      samples,
      amount * 1_000,
      frame.name === IDLE ? 0 : amount * share * 1_000,
    ],
    comments: [
      `CPU of this thread: ${seconds(threadCpuUs / 1_000)} in ${seconds(durationMs)}; of the whole process, with garbage collection's helpers: ${seconds(processCpuUs / 1_000)}`,
    ],
  });
}

/** Writes who allocated what is in use in pprof's format, gzipped: by stack the sampled allocations, and bytes. */
export async function writeHeapPprof(stacks: HeapStacks): Promise<Uint8Array> {
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return await write(stacks, {
    types: [
      ["inuse_samples", "count"],
      ["inuse_space", "bytes"],
    ],
    period: ["space", "bytes", stacks.intervalBytes],
    valuesOf: ({ samples, amount }) => [samples, amount],
    comments: [
      `sampled from ${new Date(stacks.startedAtMs).toISOString()} on, for ${seconds(stacks.durationMs)}`,
      `now: heap ${megabytes(heapUsed)}, outside of it ${megabytes(external)} (array buffers ${megabytes(arrayBuffers)}), resident ${megabytes(rss)}`,
    ],
  });
}

interface Meaning {
  /** What each value is, and its unit; pprof shows the last, unless told otherwise. */
  readonly types: readonly (readonly [string, string])[];
  readonly period: readonly [type: string, unit: string, amount: number];
  readonly valuesOf: (node: StackNode) => readonly number[];
  readonly comments: readonly string[];
}

/** Numbers of profile.proto's fields, by message. */
const PROFILE = {
  ...{ sampleType: 1, sample: 2, mapping: 3, location: 4, function: 5, stringTable: 6 },
  ...{ timeNanos: 9, durationNanos: 10, periodType: 11, period: 12, comment: 13 },
};
const VALUE_TYPE = { type: 1, unit: 2 };
const SAMPLE = { locationId: 1, value: 2 };
const MAPPING = { id: 1, filename: 5, buildId: 6, hasFunctions: 7, hasFilenames: 8, hasLineNumbers: 9 };
const LOCATION = { id: 1, mappingId: 2, line: 4 };
const LINE = { functionId: 1, line: 2 };
const FUNCTION = { id: 1, name: 2, systemName: 3, filename: 4, startLine: 5 };

async function write({ nodes, startedAtMs, durationMs }: Stacks, meaning: Meaning): Promise<Uint8Array> {
  const writer = new BinaryWriter();
  const texts = numbered<string>(0);
  texts.idOf("");
  const functions = numbered<string>(1);
  const locations = numbered<string>(1);

  const functionOf = (frame: Frame): number => {
    const [id, isNew] = functions.idOf(`${frame.name}\n${frame.file}\n${frame.line}`);
    if (!isNew) return id;
    message(writer, PROFILE.function, (function_) => {
      number(function_, FUNCTION.id, id);
      // pprof adds up by this name alone: functions of one name in several files must differ in it.
      number(function_, FUNCTION.name, texts.idOf(frame.file === "" ? frame.name : `${frame.name} (${frame.file})`)[0]);
      number(function_, FUNCTION.systemName, texts.idOf(frame.name)[0]);
      number(function_, FUNCTION.filename, texts.idOf(frame.file)[0]);
      number(function_, FUNCTION.startLine, frame.line);
    });
    return id;
  };
  const locationOf = (frame: Frame, line: number): number => {
    const functionId = functionOf(frame);
    const [id, isNew] = locations.idOf(`${functionId}:${line}`);
    if (!isNew) return id;
    message(writer, PROFILE.location, (location) => {
      number(location, LOCATION.id, id);
      number(location, LOCATION.mappingId, 1);
      message(location, LOCATION.line, (at) => {
        number(at, LINE.functionId, functionId);
        number(at, LINE.line, line);
      });
    });
    return id;
  };

  for (const [type, unit] of meaning.types)
    valueType(writer, PROFILE.sampleType, texts.idOf(type)[0], texts.idOf(unit)[0]);
  const callers: number[][] = []; // by node: its callers' locations, the nearest first
  for (const [index, node] of nodes.entries()) {
    const { frame, parent } = node;
    const above = callers[parent] ?? [];
    callers[index] = parent === -1 ? [] : [locationOf(frame, frame.line), ...above]; // the root is no function
    if (node.samples === 0 || parent === -1) continue;
    for (const part of partsOf(node)) {
      const stack = [locationOf(frame, part.line), ...above];
      message(writer, PROFILE.sample, (sample) => {
        packed(sample, SAMPLE.locationId, stack);
        packed(sample, SAMPLE.value, meaning.valuesOf(part.node).map(Math.round));
      });
    }
  }
  // It says that names are there already, so that nobody looks for symbols in a program of that name.
  message(writer, PROFILE.mapping, (mapping) => {
    number(mapping, MAPPING.id, 1);
    number(mapping, MAPPING.filename, texts.idOf("fairlead")[0]);
    number(mapping, MAPPING.buildId, texts.idOf(readVersion())[0]);
    for (const field of [MAPPING.hasFunctions, MAPPING.hasFilenames, MAPPING.hasLineNumbers]) number(mapping, field, 1);
  });
  const [type, unit, amount] = meaning.period;
  valueType(writer, PROFILE.periodType, texts.idOf(type)[0], texts.idOf(unit)[0]);
  number(writer, PROFILE.period, amount);
  number(writer, PROFILE.timeNanos, Math.round(startedAtMs) * 1e6);
  number(writer, PROFILE.durationNanos, Math.round(durationMs * 1e6));
  const comments = [`fairlead ${readVersion()}, Node ${process.version}`, ...meaning.comments];
  packed(
    writer,
    PROFILE.comment,
    comments.map((text) => texts.idOf(text)[0]),
  );
  for (const text of texts.all()) writer.tag(PROFILE.stringTable, WireType.LengthDelimited).string(text);
  return await compress(writer.finish());
}

/** A node's own samples by the line that they were at; those of which no line is known, at the function's own. */
function* partsOf(node: StackNode): Iterable<{ readonly line: number; readonly node: StackNode }> {
  let left = node.samples;
  for (const { line, samples } of node.lines) {
    yield { line, node: { ...node, samples, amount: (node.amount * samples) / node.samples } };
    left -= samples;
  }
  if (left > 0)
    yield { line: node.frame.line, node: { ...node, samples: left, amount: (node.amount * left) / node.samples } };
}

/** Gives each new thing the next number. */
function numbered<T>(first: number) {
  const idByThing = new Map<T, number>();
  return {
    idOf(thing: T): readonly [id: number, isNew: boolean] {
      const known = idByThing.get(thing);
      if (known !== undefined) return [known, false];
      const id = first + idByThing.size;
      idByThing.set(thing, id);
      return [id, true];
    },
    all: () => idByThing.keys(),
  };
}

function message(writer: BinaryWriter, field: number, fill: (writer: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
}

function number(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function packed(writer: BinaryWriter, field: number, values: readonly number[]): void {
  message(writer, field, () => {
    for (const value of values) writer.int64(value);
  });
}

function valueType(writer: BinaryWriter, field: number, type: number, unit: number): void {
  message(writer, field, () => {
    number(writer, VALUE_TYPE.type, type);
    number(writer, VALUE_TYPE.unit, unit);
  });
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
