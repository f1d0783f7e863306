import { test } from "node:test";
import { build } from "../../scripts/peers/build-rust.ts";
import { driveOneChange } from "../support/one-change.ts";

test("tonic that shares bytes", async (t) => driveOneChange(t, await build(), "endpoints", ["--mode", "shared"]));

test("tonic that encodes for each stream", async (t) =>
  driveOneChange(t, await build(), "clusters", ["--mode", "naive"]));
