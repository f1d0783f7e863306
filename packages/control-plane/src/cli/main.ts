#!/usr/bin/env node
// Nothing is imported before this: an older Node fails on what it does not know, and says so in words of its own.
const OLDEST_NODE = 24;
const [major = "0"] = process.versions.node.split(".");
if (Number(major) < OLDEST_NODE) {
  process.stderr.write(`error: fairlead needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else {
  const { runCli } = await import("./run.ts");
  // Not process.exit: what is still to be written to a pipe would be lost.
  process.exitCode = await runCli(process.argv.slice(2));
}

export {};
