import { createHash } from "node:crypto";
import { EnvoyApiError, messagesIn, type Schema, type TypeSet, typeUrlOf } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { findUse } from "./find-use.ts";
import type { ConfiguredTypes } from "./read-types.ts";

/** Sets registered at a time, those of the configuration included. */
export const MAX_TYPE_SETS = 100;

/** Bytes of one set; Envoy's whole API has 0.7 MB. */
export const MAX_TYPE_SET_BYTES = 8 * 1024 * 1024;

/** Characters of a set's name. */
export const MAX_TYPE_SET_NAME_LENGTH = 100;

/** Who registered types: the configuration, or somebody over the admin API. */
export type TypesOrigin = "config" | "api";

/** A registered set of types. */
export interface RegisteredTypes extends TypeSet {
  readonly origin: TypesOrigin;
  /** SHA-256 of the set, base64url. */
  readonly digest: string;
  /** Type URLs of the messages that it adds to the schema. */
  readonly typeUrls: readonly string[];
}

/** The message types that resources may be of, which can change while the control plane runs. */
export interface TypeRegistry {
  /** All types known now. Immutable: ask again for each use. */
  schema(): Schema;
  /** In the order of registration. */
  list(): readonly RegisteredTypes[];
  /**
   * Registers a set, or replaces the one of that name. All other sets must go with it.
   *
   * @returns what is registered, and whether anything is other than before
   * @throws FairleadError `types-invalid`, `types-conflict`, `types-in-use`
   */
  put(set: TypeSet): Promise<{ readonly types: RegisteredTypes; readonly changed: boolean }>;
  /**
   * Takes a set away again.
   *
   * @throws FairleadError `types-unknown`, `types-conflict` for one of the configuration, `types-invalid` where another set
   *   imports its files, `types-in-use`
   */
  remove(name: string): Promise<void>;
}

/** Settings of {@link createTypeRegistry}. */
export interface TypeRegistryOptions {
  readonly configured: ConfiguredTypes;
  /** Where resources may use a type. */
  readonly store: Store;
  /** Called when the types are other than before. */
  readonly changed: () => void;
}

/**
 * A registry that holds what the configuration says. What was committed under former types stays as it is: bytes,
 * version and references; only what is written from then on is read by the new ones.
 */
export function createTypeRegistry({ configured, store, changed }: TypeRegistryOptions): TypeRegistry {
  const { base } = configured;
  let current = configured.schema;
  let sets = configured.sets.map((set): RegisteredTypes => register(base, set, "config"));
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };

  const replaceBy = async (next: readonly TypeSet[]): Promise<void> => {
    const schema = withTypes(base, next);
    const gone = new Set<string>();
    for (const { typeUrls } of sets) {
      for (const url of typeUrls) if (!schema.messageOf(url)) gone.add(current.messageOf(url)!.typeName);
    }
    const use = await findUse(store.state(), gone);
    if (use !== undefined) {
      throw new FairleadError("types-in-use", `${use} uses a type that would be gone: remove what uses it first`);
    }
    const origins = new Map(sets.map(({ name, origin }) => [name, origin]));
    sets = next.map((set) => register(base, set, origins.get(set.name) ?? "api"));
    current = schema;
    changed();
  };

  return {
    schema: () => current,
    list: () => sets,
    put: (set) =>
      inTurn(async () => {
        const index = sets.findIndex(({ name }) => name === set.name);
        const former = sets[index];
        assertMine(former);
        assertBounds(set, sets.length + (former ? 0 : 1));
        if (former?.digest === digestOf(set)) return { types: former, changed: false };
        await replaceBy(former ? sets.with(index, { ...former, ...set }) : [...sets, set]);
        return { types: sets.find(({ name }) => name === set.name)!, changed: true };
      }),
    remove: (name) =>
      inTurn(async () => {
        const former = sets.find((set) => set.name === name);
        if (!former) throw new FairleadError("types-unknown", `no types are registered as ${JSON.stringify(name)}`);
        assertMine(former);
        await replaceBy(sets.filter((set) => set !== former));
      }),
  };
}

function assertMine(former: RegisteredTypes | undefined): void {
  if (former?.origin !== "config") return;
  const message = `types ${former.name} are registered by the configuration: change them there, or take another name`;
  throw new FairleadError("types-conflict", message);
}

function assertBounds({ name, descriptorSet }: TypeSet, count: number): void {
  if (descriptorSet.length > MAX_TYPE_SET_BYTES) {
    const message = `types ${name} have ${descriptorSet.length} bytes, ${MAX_TYPE_SET_BYTES} is the most: leave out imports`;
    throw new FairleadError("types-invalid", message);
  }
  if (count <= MAX_TYPE_SETS) return;
  throw new FairleadError(
    "types-invalid",
    `${MAX_TYPE_SETS} sets are registered, which is the most: put types together`,
  );
}

function withTypes(base: Schema, sets: readonly TypeSet[]): Schema {
  try {
    return base.withTypes(sets);
  } catch (error) {
    if (!(error instanceof EnvoyApiError)) throw error;
    const code = error.code === "type_conflict" ? "types-conflict" : "types-invalid";
    throw new FairleadError(code, error.message, { cause: error });
  }
}

function register(base: Schema, set: TypeSet, origin: TypesOrigin): RegisteredTypes {
  const { name, descriptorSet } = set;
  const own = messagesIn(descriptorSet).filter((typeName) => !base.messageOf(typeName));
  return { name, descriptorSet, origin, digest: digestOf(set), typeUrls: own.map(typeUrlOf) };
}

function digestOf({ descriptorSet }: TypeSet): string {
  return createHash("sha256").update(descriptorSet).digest("base64url");
}
