import { EnvoyApiError, resourceToJson, type Schema } from "@fairlead/envoy-api";
import type { Resource } from "../../cache/resource.ts";
import { xdsChannel } from "../../channels.ts";
import type { Plan } from "../../protocol/plan.ts";
import { remember } from "../../remember.ts";
import { contentKey } from "../response-frames.ts";

/** The body of a response, or why there is none. */
export type RestBody = { readonly bytes: Uint8Array } | { readonly fault: string };

/** Most bodies remembered by content, for groups that hold the same. */
const MAX_BY_CONTENT = 1_024;

const built = xdsChannel("fairlead:xds:built");
const warning = xdsChannel("fairlead:xds:warning");

/** Responses in ProtoJSON: a resource is converted once, and a response built once, for all who poll for it. */
export class RestBodies {
  readonly #controlPlaneId: string;
  readonly #schema: () => Schema;
  readonly #byPlan = new WeakMap<Plan, RestBody>();
  /** Those whose fault was told of: who polls asks again each second. */
  readonly #told = new WeakSet<Plan>();
  readonly #byContent = new Map<string, WeakRef<RestBody>>();
  /** Live as long as the resources that they are of. */
  readonly #texts = new WeakMap<Resource, string>();

  constructor(controlPlaneId: string, schema: () => Schema) {
    this.#controlPlaneId = controlPlaneId;
    this.#schema = schema;
  }

  /** The body that says what a plan does. A resource of which no JSON can be made is a fault, told of once for the plan. */
  bodyOf(plan: Plan, nodeId: string): RestBody {
    const known = this.#byPlan.get(plan);
    if (known) return known;
    const key = contentKey(plan);
    const body = this.#byContent.get(key)?.deref() ?? this.#build(plan, nodeId);
    // What the schema lacks it may be taught.
    if ("fault" in body) return body;
    this.#byPlan.set(plan, body);
    this.#byContent.delete(key);
    this.#byContent.set(key, new WeakRef(body));
    if (this.#byContent.size > MAX_BY_CONTENT) this.#byContent.delete(this.#byContent.keys().next().value!);
    return body;
  }

  #build(plan: Plan, nodeId: string): RestBody {
    const { version, typeUrl, resources } = plan;
    const texts: string[] = [];
    for (const resource of resources) {
      try {
        texts.push(remember(this.#texts, resource, () => this.#textOf(resource)));
      } catch (error) {
        if (!(error instanceof EnvoyApiError)) throw error;
        const fault = `${resource.name} can't be told in JSON: ${error.message}; it can by gRPC`;
        if (!this.#told.has(plan)) warning.publish({ nodeId, typeUrl, message: `REST: ${fault}` });
        this.#told.add(plan);
        return { fault };
      }
    }
    const controlPlane = { identifier: this.#controlPlaneId };
    const head = JSON.stringify({ versionInfo: version, typeUrl, controlPlane });
    const bytes = Buffer.from(`${head.slice(0, -1)},"resources":[${texts.join(",")}]}`);
    if (built.hasSubscribers) built.publish({ typeUrl, bytes: bytes.length, resources: resources.length });
    return { bytes };
  }

  #textOf({ typeUrl, value }: Resource): string {
    return JSON.stringify(resourceToJson(this.#schema(), typeUrl, value, { unknownTypes: "refused" }));
  }
}
