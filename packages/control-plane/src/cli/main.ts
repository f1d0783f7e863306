#!/usr/bin/env node
import { runCli } from "./run.ts";

// Not process.exit: what is still to be written to a pipe would be lost.
process.exitCode = await runCli(process.argv.slice(2));
