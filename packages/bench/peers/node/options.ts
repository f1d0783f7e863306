import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Shape } from "./snapshot.ts";

/** PEM files, read; with `ca`, clients must show a certificate of it. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** What a peer is started with. */
export interface Options {
  /** 0: any. */
  readonly xdsPort: number;
  /** 0: any. */
  readonly controlPort: number;
  readonly shape: Shape;
  readonly tls?: Tls;
  /** The value of the flag that only this peer has; "" where it has none. */
  readonly choice: string;
}

/** A flag of one peer: `--mode encode|cached`. The first value is the default. */
export interface Choice {
  readonly flag: string;
  readonly values: readonly string[];
}

const MAX_PORT = 65_535;
/** The middle octets of an address number the resource, the last one the endpoint, from 1. */
const MAX_RESOURCES = 65_536;
const MAX_ENDPOINTS = 250;

/**
 * Reads a peer's flags.
 *
 * @throws Error that says which flag is wrong and what it takes
 */
export function readOptions(args: readonly string[], choice?: Choice): Options | "version" {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      "xds-port": text,
      "control-port": text,
      resources: text,
      endpoints: text,
      type: text,
      "tls-cert": text,
      "tls-key": text,
      "tls-ca": text,
      version: { type: "boolean" },
      ...(choice && { [choice.flag]: text }),
    },
  });
  if (values.version === true) return "version";
  const given = values as Readonly<Record<string, string | undefined>>;
  const tls = readTls(given["tls-cert"], given["tls-key"], given["tls-ca"]);
  return {
    xdsPort: readNumber(given, "xds-port", 0, [0, MAX_PORT]),
    controlPort: readNumber(given, "control-port", 0, [0, MAX_PORT]),
    shape: {
      type: readOneOf("type", given.type, ["endpoints", "clusters"]),
      resources: readNumber(given, "resources", 10, [1, MAX_RESOURCES]),
      endpoints: readNumber(given, "endpoints", 30, [1, MAX_ENDPOINTS]),
    },
    choice: choice ? readOneOf(choice.flag, given[choice.flag], choice.values) : "",
    ...(tls && { tls }),
  };
}

function readNumber(
  given: Readonly<Record<string, string | undefined>>,
  flag: string,
  byDefault: number,
  [from, to]: readonly [number, number],
): number {
  const text = given[flag];
  if (text === undefined) return byDefault;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new Error(`--${flag} ${text}: it is a number from ${from} to ${to}`);
}

function readOneOf<T extends string>(flag: string, text: string | undefined, values: readonly T[]): T {
  const value = text === undefined ? values[0] : values.find((each) => each === text);
  if (value !== undefined) return value;
  throw new Error(`--${flag} ${text}: it is one of ${values.join(", ")}`);
}

function readTls(cert?: string, key?: string, ca?: string): Tls | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Error("--tls-cert and --tls-key go together, --tls-ca only with them");
  }
  return { cert: readFileSync(cert), key: readFileSync(key), ...(ca !== undefined && { ca: readFileSync(ca) }) };
}
