import { shortNameOf, typeNameOf } from "@fairlead/envoy-api";
import { type GrpcStatus, type RawTraffic, statusName, type XdsResponse } from "@fairlead/xds";

/** The most names that are told of one message. */
const MAX_NAMES = 12;

/** `CDS` for a cluster's type URL; the message's name for a type without an abbreviation. */
export function describeType(typeUrl: string): string {
  return shortNameOf(typeUrl)?.toUpperCase() ?? (typeNameOf(typeUrl) || "(no type)");
}

/** A response in one line: `CDS [a b -c]`. */
export function describeResponse({ typeUrl, resources, removed }: XdsResponse): string {
  const names = [...resources.map(({ name, value }) => (value ? name : `${name} (heartbeat)`)), ...removed.map(minus)];
  return `${describeType(typeUrl)} ${namesIn(names)}`;
}

/** A status in one line. */
export function describeStatus({ code, message }: GrpcStatus): string {
  return message === "" ? statusName(code) : `${statusName(code)} (${message})`;
}

/** Names in brackets, in the order of the alphabet; many are cut short. */
export function namesIn(names: Iterable<string>): string {
  const all = [...names].sort();
  const more = all.length > MAX_NAMES ? ` … ${all.length} in all` : "";
  return `[${all.slice(0, MAX_NAMES).join(" ")}${more}]`;
}

/** What went over a stream, as a line of a transcript. */
export function describeTraffic(traffic: RawTraffic): string {
  switch (traffic.kind) {
    case "sotw-request": {
      const { typeUrl, resourceNames = [], versionInfo, nonce, errorDetail } = traffic.request;
      return `> ${describeType(typeUrl)} ${namesIn(resourceNames)}${facts({ version: versionInfo, nonce, nack: errorDetail?.message })}`;
    }
    case "delta-request": {
      const {
        typeUrl,
        subscribe = [],
        unsubscribe = [],
        nonce,
        errorDetail,
        initialResourceVersions,
      } = traffic.request;
      const names = [...subscribe.map((name) => `+${name}`), ...unsubscribe.map(minus)];
      const initial = initialResourceVersions && [...initialResourceVersions].map((pair) => pair.join("@")).join(" ");
      return `> ${describeType(typeUrl)} ${namesIn(names)}${facts({ initial, nonce, nack: errorDetail?.message })}`;
    }
    case "response": {
      const { response } = traffic;
      return `< ${describeResponse(response)}${facts({ version: response.version, nonce: response.nonce })}`;
    }
    case "end":
      return `< end of stream: ${describeStatus(traffic.status)}`;
  }
}

function minus(name: string): string {
  return `-${name}`;
}

function facts(said: Readonly<Record<string, string | undefined>>): string {
  const told = Object.entries(said).filter(([, value]) => value);
  return told.map(([name, value]) => ` ${name}=${/[ "]/.test(value!) ? JSON.stringify(value) : value}`).join("");
}
