import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  type Client,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { makeScratch } from "../../../../test/support/scratch.ts";
import { formatHostPort } from "../../src/config/config.ts";
import type { RunningFairlead } from "./fairlead.ts";

/** A grpc-js client of the registry, built from nothing but the .proto file that the server itself serves. */
// biome-ignore lint/suspicious/noExplicitAny: its methods are made at run time
export async function registryClient(t: TestContext, { request, fairlead }: RunningFairlead): Promise<Client & any> {
  const { body } = await request("GET", "/v1/registry.proto");
  const scratch = makeScratch("proto");
  t.after(scratch.remove);
  const file = join(scratch.path, "registry.proto");
  writeFileSync(file, body);
  const loaded = loadPackageDefinition(loadSync(file, { longs: Number, enums: String, defaults: true }));
  const { registry } = loaded.fairlead as GrpcObject & { registry: GrpcObject & { v1: GrpcObject } };
  const Registry = registry.v1.Registry as ServiceClientConstructor;
  const client = new Registry(formatHostPort(fairlead.xdsAddress), credentials.createInsecure());
  t.after(() => client.close());
  return client;
}
