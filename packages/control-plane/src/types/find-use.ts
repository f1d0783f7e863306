import { typeNameOf } from "@fairlead/envoy-api";
import { breather } from "../resources/breather.ts";
import { type Entry, formatPlace, type StoreState } from "../store/store.ts";

/**
 * A resource that is of one of these types or mentions one, in an `Any` say; `undefined`: none. By the bytes, which
 * spell a type's name out: a text that happens to say it counts too.
 */
export async function findUse(state: StoreState, typeNames: ReadonlySet<string>): Promise<string | undefined> {
  if (typeNames.size === 0) return undefined;
  const needles = [...typeNames].map((name) => Buffer.from(name));
  const pause = breather();
  for (const { group, types } of state.groups.values()) {
    for (const [typeUrl, entries] of types) {
      for (const entry of entries.values()) {
        const { value } = entry.resource;
        const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        if (typeNames.has(typeNameOf(typeUrl)) || needles.some((needle) => bytes.includes(needle))) {
          return describe(group, entry);
        }
        await pause();
      }
    }
  }
  return undefined;
}

function describe(group: string, { resource, owner, place }: Entry): string {
  const name = `${typeNameOf(resource.typeUrl)} ${JSON.stringify(resource.name)}`;
  return `${name} of group ${group} (${owner} at ${formatPlace(place)})`;
}
