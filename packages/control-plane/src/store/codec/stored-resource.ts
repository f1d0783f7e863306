import { create } from "@bufbuild/protobuf";
import { type Constraints, NO_FACTS, type ResourceFacts } from "@fairlead/envoy-api";
import { createResource, type Resource } from "@fairlead/xds";
import {
  type Facts,
  FactsSchema,
  type StoredResource,
  StoredResourceSchema,
} from "../../../gen/fairlead/store/v1/store_pb.js";
import type { Entry, Owner } from "../store.ts";

/** An entry as it is kept. What its content means is kept with it: the schema that it was read by may be gone. */
export function toStored({ resource, place }: Entry): StoredResource {
  const { typeUrl, name, value, aliases, ttlMs, variant, facts } = resource;
  const { file, pointer, line, column } = place;
  return create(StoredResourceSchema, {
    typeUrl,
    name: variant?.of ?? name,
    value,
    place: {
      pointer,
      ...(file !== undefined && { file }),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    },
    aliases: [...aliases],
    ...(ttlMs !== undefined && { ttlMs: BigInt(ttlMs) }),
    ...(variant && { constraints: { rule: JSON.stringify(variant.rule), value: variant.value } }),
    ...(facts !== NO_FACTS && { facts: toStoredFacts(facts) }),
  });
}

/** The entry of which {@link toStored} made this, with the same version. */
export function fromStored(stored: StoredResource, owner: Owner): Entry {
  const { file, pointer = "", line, column } = stored.place ?? {};
  return { resource: resourceOf(stored), owner, place: { file, pointer, line, column } };
}

function resourceOf({ typeUrl, name, value, aliases, ttlMs, constraints, facts }: StoredResource): Resource {
  return createResource({
    typeUrl,
    name,
    value: value.slice(), // of its own: it outlives what it was read from
    ...(aliases.length > 0 && { aliases }),
    ...(ttlMs !== undefined && { ttlMs: Number(ttlMs) }),
    ...(constraints && { constraints: constraintsOf(constraints) }),
    ...(facts && { facts: factsOf(facts) }),
  });
}

function constraintsOf({ rule, value }: NonNullable<StoredResource["constraints"]>): Constraints {
  return { rule: JSON.parse(rule), value: value.slice() };
}

function toStoredFacts({ references, warmsSilently, isOpaque, domains = [], isApiListener }: ResourceFacts): Facts {
  return create(FactsSchema, {
    references: references.map(({ typeUrl, name, pointer, source }) => {
      return { typeUrl, name, pointer, ...(source !== undefined && { source }) };
    }),
    warmsSilently,
    isOpaque,
    domains: [...domains],
    isApiListener: isApiListener === true,
  });
}

function factsOf({ references, warmsSilently, isOpaque, domains, isApiListener }: Facts): ResourceFacts {
  return {
    references: references.map(({ typeUrl, name, pointer, source }) => {
      return { typeUrl, name, pointer, ...(source !== undefined && { source }) };
    }),
    warmsSilently,
    isOpaque,
    ...(domains.length > 0 && { domains }),
    ...(isApiListener && { isApiListener: true as const }),
  };
}
