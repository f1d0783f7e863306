import { readFileSync } from "node:fs";
import { BenchError } from "../errors.ts";
import type { Target } from "../plan/plan.ts";
import type { Endpoint } from "./transport/endpoint.ts";

/** Where a plan's streams connect to, its PEM files read. @throws BenchError `bad-plan`: a file can't be read */
export function endpointOf({ host, port, tls }: Target): Endpoint {
  if (tls === undefined) return { host, port };
  const { caFile, certFile, keyFile, serverName, insecure } = tls;
  return {
    host,
    port,
    tls: {
      insecure,
      ...(caFile !== undefined && { ca: readPem(caFile) }),
      ...(certFile !== undefined && { cert: readPem(certFile) }),
      ...(keyFile !== undefined && { key: readPem(keyFile) }),
      ...(serverName !== undefined && { serverName }),
    },
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new BenchError("bad-plan", `${file}: ${(cause as Error).message}: give a PEM file that can be read`, {
      cause,
    });
  }
}
