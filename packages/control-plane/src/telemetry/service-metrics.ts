import { Counter, Gauge, type Registry } from "@prometheus-io/client";
import { listen } from "./listen.ts";

/** Counts what the gRPC services beside discovery do. Returns the functions that stop it. */
export function countServices(registry: Registry): (() => void)[] {
  return [...countCalls(registry)];
}

/** By method: only those that are served have calls, so they are few. */
function countCalls(registry: Registry): (() => void)[] {
  const registers = [registry];
  const open = new Gauge({
    name: "fairlead_xds_calls",
    help: "Open calls of the services beside discovery, by method.",
    labelNames: ["method"],
    registers,
  });
  const opened = new Counter({
    name: "fairlead_xds_calls_total",
    help: "Calls of the services beside discovery, by method.",
    labelNames: ["method"],
    registers,
  });
  return [
    listen("fairlead:xds:call-opened", ({ path }) => {
      const method = path.slice(1);
      open.inc({ method });
      opened.inc({ method });
    }),
    listen("fairlead:xds:call-closed", ({ path }) => open.dec({ method: path.slice(1) })),
  ];
}
