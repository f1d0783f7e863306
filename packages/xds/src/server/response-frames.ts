import { randomBytes } from "node:crypto";
import { SharedMessage } from "@fairlead/h2";
import type { Resource } from "../cache/resource.ts";
import { xdsChannel } from "../channels.ts";
import type { Plan } from "../protocol/plan.ts";
import { digestOf } from "../protocol/version.ts";
import { remember } from "../remember.ts";
import { encodeAny } from "../wire/any.ts";
import { writeDeltaDiscoveryResponse } from "../wire/delta-response.ts";
import { encodeResourceName } from "../wire/resource-name.ts";
import { encodeResourceWrapper, RESOURCE_WRAPPER_TYPE_URL } from "../wire/resource-wrapper.ts";
import { writeDiscoveryResponse } from "../wire/sotw-response.ts";

/** A response, framed for gRPC: the same bytes for every stream that needs it. */
export interface ResponseFrame {
  /** Grows from build to build, so that a stream can tell whether it had this one (protocol.md C3). */
  readonly nonce: string;
  readonly message: SharedMessage;
}

const built = xdsChannel("fairlead:xds:built");
const anys = new WeakMap<Resource, Uint8Array>();
const wrappers = new WeakMap<Resource, Uint8Array>();
const expiringWrappers = new WeakMap<Resource, Uint8Array>();

/** Most responses remembered by content, for groups that hold the same. */
const MAX_BY_CONTENT = 4_096;

/** Builds responses once and lets all streams share them, across groups too. */
export class ResponseFrames {
  private readonly controlPlaneId: string;
  private readonly byPlan = new WeakMap<Plan, ResponseFrame>();
  private readonly byContent = new Map<string, WeakRef<ResponseFrame>>();
  private readonly noncePrefix = randomBytes(4).toString("hex");
  private builds = 0;

  constructor(controlPlaneId: string) {
    this.controlPlaneId = controlPlaneId;
  }

  /** How many responses were built, ever: work that no number of streams adds to. */
  get buildCount(): number {
    return this.builds;
  }

  /** The frame of a plan whose nonce is greater than `after`: built, or shared with whoever had it built. */
  frameFor(plan: Plan, after: string): ResponseFrame {
    const known = this.byPlan.get(plan);
    if (known && known.nonce > after) return known;
    const key = contentKey(plan);
    const alike = this.byContent.get(key)?.deref();
    const frame = alike && alike.nonce > after ? alike : this.build(plan);
    this.byPlan.set(plan, frame);
    if (frame !== alike) this.remember(key, frame);
    return frame;
  }

  private build(plan: Plan): ResponseFrame {
    this.builds += 1;
    const nonce = this.noncePrefix + this.builds.toString(36).padStart(11, "0");
    const bytes = plan.mode === "sotw" ? this.sotw(plan, nonce) : this.delta(plan, nonce);
    if (built.hasSubscribers) {
      built.publish({ typeUrl: plan.typeUrl, bytes: bytes.length, resources: plan.resources.length });
    }
    return { nonce, message: new SharedMessage(bytes) };
  }

  private sotw(plan: Plan, nonce: string): Uint8Array {
    const { controlPlaneId } = this;
    const { version, typeUrl, resources, errors } = plan;
    const encoded = resources.map((resource) =>
      needsWrapper(resource, plan) ? encodeAny(RESOURCE_WRAPPER_TYPE_URL, wrapperOf(resource, plan)) : anyOf(resource),
    );
    return writeDiscoveryResponse(
      { versionInfo: version, typeUrl, nonce, resources: encoded, errors, controlPlaneId },
      { framed: true },
    );
  }

  private delta(plan: Plan, nonce: string): Uint8Array {
    const { controlPlaneId } = this;
    const { version, typeUrl, aliases, dropped, errors } = plan;
    const removedVariants = dropped.map(({ name, variant }) => encodeResourceName(name, variant!.value));
    const isDropped = new Set(dropped.map(({ name }) => name));
    const removed = plan.removed.filter((name) => !isDropped.has(name));
    const empty = aliases.map((name) => encodeResourceWrapper({ name, version: "", any: undefined, aliases: [name] }));
    const resources = [...plan.resources.map((resource) => wrapperOf(resource, plan)), ...empty];
    return writeDeltaDiscoveryResponse(
      { systemVersionInfo: version, typeUrl, nonce, resources, removed, removedVariants, errors, controlPlaneId },
      { framed: true },
    );
  }

  private remember(key: string, frame: ResponseFrame): void {
    this.byContent.delete(key);
    this.byContent.set(key, new WeakRef(frame));
    if (this.byContent.size <= MAX_BY_CONTENT) return;
    const [oldest] = this.byContent.keys();
    this.byContent.delete(oldest!);
  }
}

/** Equal for responses that say the same, but for their nonce. */
export function contentKey(plan: Plan): string {
  const { kind, mode, withTtl, version, typeUrl, resources, removed, aliases, dropped, errors } = plan;
  const form = kind === "heartbeat" ? kind : `${withTtl}`;
  const others = JSON.stringify([aliases, dropped.map(({ name, variant }) => [name, variant!.rule]), errors]);
  return `${mode} ${form} ${version} ${digestOf(typeUrl, resources, removed)} ${others}`;
}

/** In SotW only what an `Any` can't say needs the wrapper (protocol.md W7). */
function needsWrapper({ aliases, ttlMs, variant }: Resource, { withTtl }: Plan): boolean {
  return aliases.length > 0 || variant !== undefined || (withTtl && ttlMs !== undefined);
}

function anyOf(resource: Resource): Uint8Array {
  return remember(anys, resource, () => encodeAny(resource.typeUrl, resource.value));
}

function wrapperOf(resource: Resource, { kind, withTtl }: Plan): Uint8Array {
  const { name, version, aliases } = resource;
  const constraints = resource.variant?.value;
  const ttlMs = withTtl ? resource.ttlMs : undefined;
  if (kind === "heartbeat") return encodeResourceWrapper({ name, constraints, version, any: undefined, ttlMs });
  return remember(ttlMs === undefined ? wrappers : expiringWrappers, resource, () =>
    encodeResourceWrapper({
      name,
      constraints,
      version,
      any: encodeAny(resource.typeUrl, resource.value),
      aliases,
      ttlMs,
    }),
  );
}
