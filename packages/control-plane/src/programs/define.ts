import type { JsonObject, Message } from "@bufbuild/protobuf";

/** A resource as a program gives it: ProtoJSON with `@type`, or a message of `@fairlead/envoy-api`. */
export type ResourceInput = (JsonObject & { readonly "@type": string }) | Message;

/** What a program is asked for. */
export interface ProgramContext {
  /** The group that the file belongs to: `default`, or the name of its directory. */
  readonly group: string;
}

/** Resources, now or later. */
export type Resources = readonly ResourceInput[] | Promise<readonly ResourceInput[]>;

/** The default export of a resource file in TypeScript. */
export type ResourceFile = Resources | ((context: ProgramContext) => Resources);

/**
 * Gives the default export of a `.ts` resource file its type; what it is given is what it returns.
 *
 * @example
 * ```ts
 * export default defineResources(({ group }) => [{ "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: group }]);
 * ```
 */
export function defineResources<F extends ResourceFile>(file: F): F {
  return file;
}
