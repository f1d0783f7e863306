import type { Schema } from "../../src/schema.ts";
import { type Place, typedEndpoints } from "./bootstrap.ts";
import { cluster } from "./clusters.ts";
import type { Json } from "./json.ts";
import { listener } from "./listeners.ts";
import { type Mutation, mutate } from "./mutate.ts";
import { type Random, randomFrom } from "./random.ts";
import { routeConfiguration } from "./routes.ts";
import { secret } from "./secrets.ts";

/** One resource to ask both about. */
export interface Case {
  readonly number: number;
  readonly place: Place;
  readonly resource: Json;
  /** What was done to a valid resource; `undefined` if nothing. */
  readonly mutation: Mutation | undefined;
}

const MAKERS: Readonly<Record<Place, (random: Random, name: string) => Json>> = {
  cluster,
  endpoints: typedEndpoints,
  listener,
  routes: routeConfiguration,
  secret,
};

const PLACES: readonly Place[] = [
  "cluster",
  "cluster",
  "listener",
  "listener",
  "listener",
  "routes",
  "routes",
  "endpoints",
  "secret",
];

/** Case `number` of a seed: a valid resource, in three of four cases with one thing changed. */
export function makeCase(schema: Schema, seed: number, number: number): Case {
  const random = randomFrom(seed * 1_000_003 + number);
  const place = random.pick(PLACES);
  const resource = structuredClone(MAKERS[place](random, "generated")); // its parts are shared constants
  const mutation = random.chance(3 / 4) ? mutate(schema, random, resource) : undefined;
  return { number, place, resource, mutation };
}
