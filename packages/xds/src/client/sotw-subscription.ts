import { traitsOf } from "../protocol/type-traits.ts";
import { writeDiscoveryRequest } from "../wire/sotw-request.ts";
import type { ErrorDetail } from "../wire/status.ts";
import { Holdings } from "./holdings.ts";
import type { XdsResponse } from "./response.ts";
import type { Acceptance, HeldResource, Subscription } from "./subscription.ts";
import { isNothing, NOTHING, type Wanted, wants } from "./wanted.ts";

/**
 * A State-of-the-World subscription, as Envoy does it: each request has all names, the version last accepted, and the
 * nonce of the response it answers.
 */
export class SotwSubscription implements Subscription {
  readonly typeUrl: string;
  version = "";
  private readonly holdings = new Holdings();
  private wanted: Wanted = NOTHING;
  /** The nonce of the newest response on this stream. */
  private nonce = "";
  /** The names of the last request on this stream; `undefined`: there was none. */
  private asked: readonly string[] | undefined;
  /** Whether a name was ever sent on this stream: from then on no names mean nothing (protocol.md W6). */
  private hasNamed = false;

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl;
  }

  get resources(): ReadonlyMap<string, HeldResource> {
    return this.holdings.byName;
  }

  get absent(): ReadonlySet<string> {
    return this.holdings.absent;
  }

  want(wanted: Wanted): void {
    this.wanted = wanted;
    this.holdings.retain(wanted);
  }

  ask(node: Uint8Array | undefined): Uint8Array | undefined {
    const names = this.names();
    if (this.asked ? isEqual(names, this.asked) : isNothing(this.wanted)) return undefined;
    this.asked = names;
    this.hasNamed ||= names.length > 0;
    return this.request(node);
  }

  accept(response: XdsResponse): Acceptance {
    this.nonce = response.nonce;
    this.version = response.version;
    const wanted = response.resources.filter((resource) => wants(this.wanted, resource));
    const changed = wanted.flatMap((resource) => this.holdings.put(resource) ?? []);
    return { ack: this.request(), changed, removed: this.removeAbsent(response) };
  }

  reject(response: XdsResponse, errorDetail: ErrorDetail): Uint8Array {
    this.nonce = response.nonce;
    return this.request(undefined, errorDetail);
  }

  disconnect(): void {
    this.nonce = "";
    this.asked = undefined;
    this.hasNamed = false;
  }

  /** Of listeners, clusters and scoped routes a response is the whole state, and what it lacks is gone (W2). */
  private removeAbsent(response: XdsResponse): string[] {
    if (!traitsOf(this.typeUrl).isFullState) return [];
    const present = new Set(response.resources.map(({ name }) => name));
    const names = new Set([...this.holdings.byName.keys(), ...this.wanted.names]);
    return [...names].filter((name) => !present.has(name) && this.holdings.remove(name, this.wanted));
  }

  /** What is wanted, in the protocol's words: `*` alone is said by silence where that is understood, as Envoy does. */
  private names(): readonly string[] {
    const { isWildcard, names } = this.wanted;
    if (!isWildcard) return [...names];
    if (names.size === 0 && !this.hasNamed && traitsOf(this.typeUrl).hasLegacyWildcard) return [];
    return ["*", ...names];
  }

  private request(node?: Uint8Array, errorDetail?: ErrorDetail): Uint8Array {
    const { typeUrl, version, nonce, asked } = this;
    return writeDiscoveryRequest({ typeUrl, versionInfo: version, nonce, resourceNames: asked, node, errorDetail });
  }
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
