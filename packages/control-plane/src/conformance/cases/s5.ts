import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { StatusCode } from "@fairlead/xds";
import { type Case, SPEC } from "../case.ts";
import { describeStatus } from "../describe.ts";
import type { CallEnd, Trial } from "../trial.ts";

const HEALTH = "/grpc.health.v1.Health/Check";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const REFLECTION_PAGE = "gRPC server reflection protocol";

/** `ServerReflectionRequest`'s fields, as tags. */
const SYMBOL = 0x22;
const LIST = 0x3a;
/** `ServerReflectionResponse.file_descriptor_response`, and its `file_descriptor_proto`. */
const FILES = 0x22;
const FILE = 0x0a;

export const S5: readonly Case[] = [
  {
    id: "S5",
    says: "gRPC health says that the server serves",
    level: "recommended",
    source: "gRPC health checking protocol",
    variants: ["grpc"],
    async run(t) {
      const { messages } = served(t, await t.call({ path: HEALTH, send: [new Uint8Array()], ends: true }));
      t.must(messages[0]?.join() === "8,1", "SERVING", `bytes ${messages[0]?.join()}`);
    },
  },
  {
    id: "S5",
    says: "reflection lists the aggregated service",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${REFLECTION_PAGE}`,
    variants: ["grpc"],
    async run(t) {
      const answer = await reflect(t, LIST, "*");
      const text = Buffer.from(answer).toString("latin1");
      t.must(text.includes("envoy.service.discovery.v3.AggregatedDiscoveryService"), "its name", "a list without it");
    },
  },
  {
    id: "S5",
    says: "reflection sends a file with all that it imports",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${REFLECTION_PAGE}`,
    variants: ["grpc"],
    async run(t) {
      const files = filesIn(await reflect(t, SYMBOL, "envoy.service.discovery.v3.AggregatedDiscoveryService"));
      const names = new Set(files.map(({ name }) => name));
      t.must(names.size > 0, "files", "none");
      const missing = files.flatMap(({ dependency }) => dependency).filter((name) => !names.has(name));
      t.must(missing.length === 0, "every import", `no ${missing[0]}`);
    },
  },
  {
    id: "S5",
    says: "reflection finds the value of an enum where protobuf puts it: beside the enum",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${REFLECTION_PAGE}`,
    variants: ["grpc"],
    async run(t) {
      const files = filesIn(await reflect(t, SYMBOL, "envoy.config.core.v3.HIGH"));
      t.must(
        files.some(({ name }) => name === "envoy/config/core/v3/base.proto"),
        "its file",
        "none",
      );
    },
  },
];

/** A server need not have these services. */
function served(t: Trial, end: CallEnd): CallEnd {
  if (end.status.code === StatusCode.UNIMPLEMENTED) t.lacks(`the server answers ${describeStatus(end.status)}`);
  return end;
}

async function reflect(t: Trial, tag: number, text: string): Promise<Uint8Array> {
  const request = Uint8Array.of(tag, text.length, ...Buffer.from(text));
  const { messages, status } = served(t, await t.call({ path: REFLECTION, send: [request], ends: true }));
  t.must(messages.length > 0, "an answer", describeStatus(status));
  return messages[0]!;
}

function filesIn(answer: Uint8Array) {
  const [response] = fieldsOf(answer, FILES);
  const files = response === undefined ? [] : fieldsOf(response, FILE);
  return files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

/** Length-delimited fields of that tag. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < message.length; ) {
    const tag = message[at++]!;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if ((tag & 7) !== 2) continue; // a varint, which was read as a length
    if (tag === wanted) found.push(message.subarray(at, at + length));
    at += length;
  }
  return found;
}
