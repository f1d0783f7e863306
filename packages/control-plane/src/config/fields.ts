import { z } from "zod";
import { parseHostPort } from "./host-port.ts";

/** What a number counts, for the reference documentation. */
export type Unit = "ms" | "bytes" | "count" | "percent" | "per second";

declare module "zod" {
  interface GlobalMeta {
    unit?: Unit;
  }
}

/** `HOST:PORT` to listen on. */
export const address = (fallback: string, about: string) =>
  z
    .string()
    .refine((text) => parseHostPort(text) !== undefined, "expected HOST:PORT, for example 127.0.0.1:18000")
    .default(fallback)
    .meta({ description: about });

/** A number with its unit and its default. */
export const amount = (unit: Unit, fallback: number, about: string, min = 0, max = 2 ** 31 - 1) =>
  z.int().min(min).max(max).default(fallback).meta({ unit, description: about });

/** A file or directory; `loadConfig` makes it absolute. */
export const path = (about: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${about} Relative to the configuration file.` });
