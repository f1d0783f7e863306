import { test } from "node:test";
import { build as buildGrpcJs } from "../../scripts/peers/build-grpc-js.ts";
import { build as buildHttp2 } from "../../scripts/peers/build-http2.ts";
import { build as buildWrong } from "../../scripts/peers/build-wrong.ts";
import { driveOneChange } from "../support/one-change.ts";

test("grpc-js that encodes for each stream", async (t) =>
  driveOneChange(t, await buildGrpcJs(), "endpoints", ["--mode", "encode"]));

test("grpc-js whose serializer remembers", async (t) =>
  driveOneChange(t, await buildGrpcJs(), "clusters", ["--mode", "cached"]));

test("bare node:http2", async (t) => driveOneChange(t, await buildHttp2(), "endpoints", []));

test("the wrong server without a fault", async (t) =>
  driveOneChange(t, await buildWrong(), "clusters", ["--fault", "none"]));
