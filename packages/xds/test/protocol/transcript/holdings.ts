import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "../../../src/cache/resource.ts";
import type { Sent } from "../../../src/protocol/subscription.ts";
import { traitsOf } from "../../../src/protocol/type-traits.ts";
import { printType } from "./print-effect.ts";

/** What an Envoy asks for first, and by which types it learns what else to ask for. */
const WILDCARDS = [TYPE_URLS.cluster, TYPE_URLS.listener];
const NAMED = [
  TYPE_URLS.endpoints,
  TYPE_URLS.secret,
  TYPE_URLS.extensionConfig,
  TYPE_URLS.scopedRoutes,
  TYPE_URLS.routes,
];

/** What the client of one stream has taken, and has yet to answer. */
export class Holdings {
  /** Responses that came and were neither ACKed nor NACKed, oldest first. */
  readonly unanswered: Sent[] = [];
  private readonly byType = new Map<string, Map<string, Resource>>();
  private readonly subscribed = new Map<string, Set<string>>();

  /** Answers a response, taking its content unless it is rejected. */
  answer(nonce: string, isTaken: boolean): void {
    const index = this.unanswered.findIndex((sent) => sent.nonce === nonce);
    if (index < 0) return;
    const [sent] = this.unanswered.splice(index, 1);
    if (isTaken) this.take(sent!);
  }

  /** Remembers what a request asked for. */
  subscribe(typeUrl: string, names: Iterable<string>, isWhole: boolean): void {
    const before = isWhole ? [] : (this.subscribed.get(typeUrl) ?? []);
    this.subscribed.set(typeUrl, new Set([...before, ...names]));
  }

  unsubscribe(typeUrl: string, names: Iterable<string>): void {
    for (const name of names) {
      this.subscribed.get(typeUrl)?.delete(name);
      this.byType.get(typeUrl)?.delete(name);
    }
  }

  /** The names that an Envoy would ask for now on this stream, ADS or for one type, where they differ from what it asked for. */
  *changesOfMind(
    own: string | undefined,
  ): Iterable<{ typeUrl: string; added: string[]; dropped: string[]; all: string[] }> {
    for (const typeUrl of WILDCARDS) {
      const isDue = own === typeUrl || typeUrl === TYPE_URLS.cluster || this.byType.has(TYPE_URLS.cluster);
      if (isDue && !this.subscribed.has(typeUrl)) yield { typeUrl, added: [], dropped: [], all: [] };
    }
    for (const typeUrl of NAMED) {
      const wanted = new Set(this.references(typeUrl));
      const asked = this.subscribed.get(typeUrl) ?? new Set();
      const added = [...wanted].filter((name) => !asked.has(name));
      const dropped = [...asked].filter((name) => !wanted.has(name));
      if (added.length + dropped.length > 0) yield { typeUrl, added, dropped, all: [...wanted] };
    }
  }

  /** All that was taken: `cds a=1 | eds a=1`. */
  toString(): string {
    const types = [...this.byType].sort(([a], [b]) => traitsOf(a).order - traitsOf(b).order);
    return types
      .filter(([, resources]) => resources.size > 0)
      .map(([typeUrl, held]) => [printType(typeUrl), ...[...held.values()].map((r) => `${r.name}=${r.version}`).sort()])
      .map((words) => words.join(" "))
      .join(" | ");
  }

  private take({ plan }: Sent): void {
    const { typeUrl, mode, resources, removed } = plan;
    const isWhole = mode === "sotw" && traitsOf(typeUrl).isFullState;
    const held = isWhole ? new Map<string, Resource>() : (this.byType.get(typeUrl) ?? new Map<string, Resource>());
    this.byType.set(typeUrl, held);
    for (const resource of resources) held.set(resource.name, resource);
    for (const name of removed) held.delete(name);
  }

  private *references(typeUrl: string): Iterable<string> {
    for (const held of this.byType.values()) {
      for (const { facts } of held.values()) {
        for (const reference of facts.references) if (reference.typeUrl === typeUrl) yield reference.name;
      }
    }
  }
}
