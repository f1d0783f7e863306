import type { JsonObject, Message } from "@bufbuild/protobuf";
import type { NodeIdentity } from "@fairlead/xds";

/** A resource as a program gives it: ProtoJSON with `@type`, or a message of `@fairlead/envoy-api`. */
export type ResourceInput = (JsonObject & { readonly "@type": string }) | Message;

/** What a program is asked for. */
export interface ProgramContext {
  /** The group that the file belongs to: `default`, or the name of its directory. */
  readonly group: string;
}

/** What a program is asked for when it is asked for one node. */
export interface NodeContext extends ProgramContext {
  /** What the proxy says of itself, and what its certificate proves. */
  readonly node: NodeIdentity;
}

/** Resources, now or later. */
export type Resources = readonly ResourceInput[] | Promise<readonly ResourceInput[]>;

/** The default export of a resource file in TypeScript. */
export type ResourceFile = Resources | ((context: ProgramContext) => Resources);

/** The export `forNode` of a resource file in TypeScript. */
export type ForNode = (context: NodeContext) => Resources;

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

/**
 * Gives the export `forNode` of a `.ts` resource file its type: what one node is served besides its group. It is called
 * once for each node that differs from others in anything, so it must depend on the node and the group alone.
 *
 * @example
 * ```ts
 * export const forNode = defineForNode(({ node }) => (node.metadata.canary ? [canaryRoute(node.locality.zone)] : []));
 * ```
 */
export function defineForNode(forNode: ForNode): ForNode {
  return forNode;
}
