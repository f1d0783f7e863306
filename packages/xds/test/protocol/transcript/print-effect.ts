import { describeConstraints, shortNameOf } from "@fairlead/envoy-api";
import { announcementOf } from "../../../src/protocol/announcement.ts";
import type { Effect } from "../../../src/protocol/client-state.ts";
import type { Sent } from "../../../src/protocol/subscription.ts";

/** What a transcript may be asked to show beyond names and causes. */
export interface Shown {
  acks: boolean;
  versions: boolean;
}

/** An effect as a transcript's `<` line says it; `undefined`: it is not shown. */
export function printEffect(effect: Effect, streams: ReadonlyMap<number, string>, shown: Shown): string | undefined {
  if (effect.kind === "warning") return `< warning ${printType(effect.typeUrl)} ${effect.message}`;
  const stream = streams.get(effect.streamId);
  if (effect.kind === "forgotten") return `< ${stream} forgotten`;
  if (effect.kind === "send") return `< ${stream} ${printSent(effect.sent, shown)}`;
  const type = printType(effect.typeUrl);
  if (effect.kind === "isolated")
    return `< ${stream} ${type} isolated ${effect.name} ${JSON.stringify(effect.message)}`;
  if (effect.kind === "acked") return shown.acks ? `< ${stream} ${type} acked ${effect.sent.nonce}` : undefined;
  return `< ${stream} ${type} nacked ${effect.sent.nonce} code=${effect.code} ${JSON.stringify(effect.message)}`;
}

/** `cds` where the type has an abbreviation, else its message's name. */
export function printType(typeUrl: string): string {
  return shortNameOf(typeUrl) ?? typeUrl.replace(/^.*\//, "");
}

function printSent({ spelled: plan, cause, nonce }: Sent, { versions }: Shown): string {
  const { kind, typeUrl, resources, removed, aliases, dropped, errors, version, mode, withTtl } = plan;
  const words = [
    ...resources.map((resource) => {
      const { name, ttlMs, variant } = resource;
      const announcement = announcementOf(resource);
      const version = announcement ? [announcement.old.version, ...announcement.clusters].join("+") : resource.version;
      const ttl = withTtl && ttlMs !== undefined ? `%${ttlMs / 1_000}s` : "";
      return `${kind === "heartbeat" ? "^" : ""}${name}=${version}${variant ? `{${describeConstraints(variant.rule)}}` : ""}${ttl}`;
    }),
    ...removed.filter((n) => !dropped.some(({ name }) => name === n)).map((n) => `-${n}`),
    ...dropped.map(({ name, variant }) => `-${name}{${describeConstraints(variant!.rule)}}`),
    ...aliases.map((n) => `~${n}`),
    ...errors.map((error) => `!${error.name}(${error.code} ${error.message})`),
  ];
  const content = words.length > 0 ? words.join(" ") : "(nothing)";
  const isTold = versions || (mode === "sotw" && !DIGEST.test(version));
  const told = isTold ? ` version=${version}` : "";
  return `${printType(typeUrl)} ${content} nonce=${nonce} cause=${cause}${told}`;
}

const DIGEST = /^[\w-]{16}$/;
