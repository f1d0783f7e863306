import { test } from "node:test";
import { build } from "../../scripts/peers/build-go.ts";
import { driveOneChange } from "../support/one-change.ts";

test("go-control-plane's SnapshotCache", async (t) =>
  driveOneChange(t, await build(), "endpoints", ["--cache", "snapshot"]));

test("go-control-plane's LinearCache", async (t) =>
  driveOneChange(t, await build(), "clusters", ["--cache", "linear"]));
