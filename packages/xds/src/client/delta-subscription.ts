import { traitsOf } from "../protocol/type-traits.ts";
import { writeDeltaDiscoveryRequest } from "../wire/delta-request.ts";
import type { ErrorDetail } from "../wire/status.ts";
import { Holdings } from "./holdings.ts";
import type { XdsResponse } from "./response.ts";
import type { Acceptance, HeldResource, Subscription } from "./subscription.ts";
import { NOTHING, type Wanted, wants } from "./wanted.ts";

/**
 * A delta subscription, as Envoy does it: requests say what changed in the names; the first one of a stream says what
 * is held, by version.
 */
export class DeltaSubscription implements Subscription {
  readonly typeUrl: string;
  version = "";
  private readonly holdings = new Holdings();
  private wanted: Wanted = NOTHING;
  /** What the server knows to be wanted, `*` among it; `undefined`: nothing was sent on this stream. */
  private asked: ReadonlySet<string> | undefined;

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
    const names = new Set(this.wanted.isWildcard ? ["*", ...this.wanted.names] : this.wanted.names);
    const isFirst = this.asked === undefined;
    const subscribe = [...names].filter((name) => !this.asked?.has(name));
    const unsubscribe = [...(this.asked ?? [])].filter((name) => !names.has(name));
    if (subscribe.length + unsubscribe.length === 0) return undefined;
    this.asked = names;
    return writeDeltaDiscoveryRequest({
      typeUrl: this.typeUrl,
      subscribe: isFirst && this.isLegacyWildcard() ? [] : subscribe,
      unsubscribe,
      initialResourceVersions: isFirst ? this.heldVersions() : undefined,
      node,
    });
  }

  accept(response: XdsResponse): Acceptance {
    this.version = response.version;
    const wanted = response.resources.filter((resource) => wants(this.wanted, resource));
    const changed = wanted.flatMap((resource) => this.holdings.put(resource) ?? []);
    const removed = response.removed.filter((name) => this.holdings.remove(name, this.wanted));
    return { ack: writeDeltaDiscoveryRequest({ typeUrl: this.typeUrl, nonce: response.nonce }), changed, removed };
  }

  reject(response: XdsResponse, errorDetail: ErrorDetail): Uint8Array {
    return writeDeltaDiscoveryRequest({ typeUrl: this.typeUrl, nonce: response.nonce, errorDetail });
  }

  disconnect(): void {
    this.asked = undefined;
  }

  /** `*` alone is said by silence in the first request, where that is understood (D5), as Envoy does. */
  private isLegacyWildcard(): boolean {
    const { isWildcard, names } = this.wanted;
    return isWildcard && names.size === 0 && traitsOf(this.typeUrl).hasLegacyWildcard;
  }

  private heldVersions(): ReadonlyMap<string, string> {
    return new Map([...this.holdings.byName.values()].map(({ name, version }) => [name, version]));
  }
}
