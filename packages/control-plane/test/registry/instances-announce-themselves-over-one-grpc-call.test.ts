import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "@fairlead/envoy-api/grpc/reflection/v1/reflection_pb";
import { start } from "../support/fairlead.ts";
import { registryClient } from "../support/served-proto.ts";
import { until } from "../support/until.ts";

const at = { address: "10.0.0.1", port: 80 };

test("a client built from the served .proto registers, beats and deregisters for many, and is answered in order", async (t) => {
  const { call, answers, running } = await announce(t);
  call.write({
    id: 1,
    register: [
      {
        ...at,
        key: { service: "web", id: "a", incarnation: 5, sequence: 1 },
        metadata: { fields: { v: { stringValue: "1" } } },
      },
      { ...at, key: { service: "web", id: "b" }, weight: 7, locality: { zone: "z" }, status: "DRAINING", ttlMs: 9_000 },
      { ...at, key: { service: "web", id: "c" }, port: 70_000 },
    ],
  });
  call.write({ id: 2, heartbeats: [{ key: { service: "web", id: "a" } }, { key: { service: "web", id: "nobody" } }] });
  call.write({ id: 3, deregister: [{ service: "web", id: "b" }] });
  call.end();
  await once(call, "status");
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, 2, 3],
  );
  assert.deepEqual(
    answers.map(({ refusals }) => refusals.map(({ key, code }: Refused) => [key.id, code])),
    [[["c", "instance-invalid"]], [["nobody", "instance-unknown"]], []],
  );
  assert.match(answers[0]!.refusals[0]!.message, /port 70000: .*1 to 65535/);
  assert.ok(answers[2]!.revision > answers[0]!.revision, "what each changed is kept");
  const { instances } = (await running.request("GET", "/v1/services/web/instances")).body;
  assert.deepEqual(
    instances.map(({ id, incarnation, metadata }: Record<string, unknown>) => [id, incarnation, metadata]),
    [["a", 5, { v: "1" }]],
  );
});

test("a half-close waits for the answers, and thousands of requests come on over one call", async (t) => {
  const { call, answers } = await announce(t);
  const count = 2_000;
  for (let id = 1; id <= count; id++) {
    const key = { service: `s${id % 10}`, id: `i${id}` };
    call.write(id % 2 === 0 ? { id, heartbeats: [{ key }] } : { id, register: [{ ...at, key }] });
  }
  call.end();
  const [{ code }] = await once(call, "status");
  assert.equal(code, 0);
  assert.deepEqual(
    answers.map(({ id }) => id),
    Array.from({ length: count }, (_, index) => index + 1),
  );
  assert.ok(answers.every(({ id, refusals }) => (id % 2 === 0) === (refusals.length === 1)));
});

test("bytes that are no request, and too many instances, end the call and change nothing", async (t) => {
  const running = await start(t);
  const client = await registryClient(t, running);
  const before = running.request("GET", "/v1/services");
  const statusOf = async (bytes: Buffer) => {
    const path = "/fairlead.registry.v1.Registry/Announce";
    const call = client.makeBidiStreamRequest(
      path,
      (it: Buffer) => it,
      (it: Buffer) => it,
    );
    call.on("error", () => {}).on("data", () => {});
    call.write(bytes);
    const { promise, resolve } = Promise.withResolvers<{ code: number; details: string }>();
    call.on("status", resolve);
    const { code, details } = await promise;
    return [code, details.replace("not a protobuf message: ", "")] as const;
  };
  const key = (text: string) => Buffer.from(`1a${hex(text.length / 2 + 2)}0a${hex(text.length / 2)}${text}`, "hex");
  assert.deepEqual((await statusOf(Buffer.from([0x0a, 0x7f])))[0], 3, "cut short");
  assert.deepEqual(await statusOf(key("0a02c328")), [3, "at byte 6: a string must be UTF-8"]);
  const [code, details] = await statusOf(Buffer.concat(new Array(10_001).fill(Buffer.from([0x1a, 0x00]))));
  assert.equal(code, 3);
  assert.match(details, /more than 10000 instances, nothing of it was taken up/);
  assert.deepEqual((await running.request("GET", "/v1/services")).body, (await before).body);
  const { call, answers } = await announce(t, running);
  const twice = { ...at, key: { service: "web", id: "a" } };
  call.write({ id: 1, register: [twice, { ...twice, port: 81 }, { ...at, key: { service: "web", id: "b" } }] });
  call.end();
  await once(call, "status");
  assert.deepEqual(
    answers[0]!.refusals.map(({ code }: Refused) => code),
    ["instance-invalid", "instance-invalid"],
  );
  assert.match(answers[0]!.refusals[0]!.message, /registered twice in one request, and neither/);
  assert.equal((await running.request("GET", "/v1/services/web/instances/a")).status, 404);
});

test("a watch tells all instances, then each change; who reads slowly is told the newest", async (t) => {
  const running = await start(t, { config: { xds: { workers: 1 } } });
  const client = await registryClient(t, running);
  const put = (service: string, id: string, port: number) =>
    running.request("PUT", `/v1/services/${service}/instances/${id}`, { ...at, port });
  await put("web", "a", 1);
  await put("other", "a", 1);
  const held = new Map<string, number>();
  let isComplete = false;
  const call = client.Watch({ services: ["web"] });
  call.on("error", () => {});
  call.on("data", ({ instances, removed, complete }: Told) => {
    isComplete ||= complete;
    for (const { registration } of instances)
      held.set(`${registration.key.service}/${registration.key.id}`, registration.port);
    for (const { service, id } of removed) held.delete(`${service}/${id}`);
  });
  await until("all at the start", () => isComplete && held.size === 1);
  await put("web", "b", 2);
  await until("a new one", () => held.get("web/b") === 2);
  call.pause();
  const many = Array.from({ length: 600 }, (_, id) => ({
    service: "web",
    id: `i${id}`,
    ...at,
    metadata: { x: "y".repeat(1_000) },
  }));
  for (const port of [3, 4, 5]) {
    const { body } = await running.request("POST", "/v1/announcements", {
      register: many.map((one) => ({ ...one, port })),
    });
    assert.deepEqual(body.refusals, []);
  }
  await running.request("DELETE", "/v1/services/web/instances/a");
  call.resume();
  await until("the newest of each", () => {
    const ports = [...held].filter(([key]) => key.startsWith("web/i")).map(([, port]) => port);
    return ports.length === 600 && ports.every((port) => port === 5) && !held.has("web/a");
  });
  call.cancel();
});

test("reflection lists the service, and has its file as it is served", async (t) => {
  const running = await start(t);
  const client = await registryClient(t, running);
  const method = ServerReflection.method.serverReflectionInfo;
  const path = `/${method.parent.typeName}/ServerReflectionInfo`;
  const call = client.makeBidiStreamRequest(
    path,
    (it: Buffer) => it,
    (bytes: Buffer) => fromBinary(method.output, bytes),
  );
  const answers: ServerReflectionResponse["messageResponse"][] = [];
  call
    .on("data", ({ messageResponse }: ServerReflectionResponse) => answers.push(messageResponse))
    .on("error", () => {});
  const ask = (messageRequest: ServerReflectionRequest["messageRequest"]) =>
    call.write(Buffer.from(toBinary(method.input, create(method.input, { messageRequest }))));
  ask({ case: "listServices", value: "" });
  ask({ case: "fileContainingSymbol", value: "fairlead.registry.v1.Registry" });
  call.end();
  await once(call, "status");
  const [listed, found] = answers;
  assert.ok(listed?.case === "listServicesResponse" && found?.case === "fileDescriptorResponse");
  assert.ok(listed.value.service.some(({ name }) => name === "fairlead.registry.v1.Registry"));
  const files = found.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
  assert.deepEqual(files, ["fairlead/registry/v1/registry.proto", "google/protobuf/struct.proto"]);
});

interface Refused {
  readonly key: { readonly id: string };
  readonly code: string;
  readonly message: string;
}

interface Told {
  readonly instances: readonly {
    readonly registration: { readonly key: { readonly service: string; readonly id: string }; readonly port: number };
  }[];
  readonly removed: readonly { readonly service: string; readonly id: string }[];
  readonly complete: boolean;
}

async function announce(t: TestContext, given?: Awaited<ReturnType<typeof start>>) {
  const running = given ?? (await start(t));
  const client = await registryClient(t, running);
  const call = client.Announce();
  const answers: { readonly id: number; readonly revision: number; readonly refusals: readonly Refused[] }[] = [];
  call.on("data", (answer: (typeof answers)[number]) => answers.push(answer)).on("error", () => {});
  return { call, answers, running };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
