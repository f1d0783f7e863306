import { test } from "node:test";
import { build } from "../../scripts/peers/build-java.ts";
import { driveOneChange } from "../support/one-change.ts";

test("java-control-plane", async (t) => driveOneChange(t, await build(), "endpoints", []));

test("java-control-plane with a serializer that caches", async (t) =>
  driveOneChange(t, await build(), "clusters", ["--cached-serializer"]));
