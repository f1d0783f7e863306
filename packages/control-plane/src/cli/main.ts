#!/usr/bin/env node
// Nothing is imported before this: an older Node fails on what it does not know, and says so in words of its own.
const OLDEST_NODE = 24;
const [major = "0"] = process.versions.node.split(".");
if (Number(major) < OLDEST_NODE) {
  process.stderr.write(`error: fairlead needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else {
  const { runCli } = await import("./run.ts");
  const code = await runCli(process.argv.slice(2));
  // What is still to be written to a pipe comes first. Then it ends, whatever is still open: Node 24 was seen to wait for
  // ever in the cleanup of its environment, at full speed, with nothing left to wait for.
  const unwritten = [process.stdout, process.stderr].filter(({ writableLength }) => writableLength > 0);
  await Promise.all(unwritten.map((to) => new Promise((written) => to.write("", written))));
  process.exit(code);
}

export {};
