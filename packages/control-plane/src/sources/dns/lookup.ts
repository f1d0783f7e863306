import type { DnsClient } from "./dns-client.ts";
import type { DnsAnswer, DnsRecord, RecordType } from "./message.ts";

/** Where an instance is, by DNS. */
export interface FoundEndpoint {
  readonly address: string;
  readonly port: number;
  /** Smaller goes first. */
  readonly priority: number;
  /** Share among those of equal priority. */
  readonly weight: number;
}

/** What DNS says of a name. */
export interface Lookup {
  /** Sorted, so that equal answers are equal lists. */
  readonly endpoints: readonly FoundEndpoint[];
  /** How long the answer may be kept, ms. */
  readonly ttlMs: number;
  /** Why there are none: the name does not exist, or has no such records. */
  readonly emptiness: "NXDOMAIN" | "NODATA" | undefined;
}

/** What to look up. */
export interface LookupOf {
  readonly query: string;
  readonly type: "A" | "AAAA" | "SRV" | "A or AAAA";
  /** For addresses; SRV records say it themselves. */
  readonly port: number;
}

/** Aliases (CNAME) that one answer may leave to be followed. */
const MAX_ALIASES = 8;

/** Looks up a name: its addresses, or those of its SRV records. @throws DnsError */
export async function lookUp(client: DnsClient, of: LookupOf, signal: AbortSignal): Promise<Lookup> {
  if (of.type === "SRV") return lookUpServices(client, of.query, signal);
  const found = await lookUpAddresses(client, of.query, of.type, signal);
  const endpoints = found.addresses.map((address) => ({ address, port: of.port, priority: 0, weight: 1 }));
  return { endpoints: sorted(endpoints), ttlMs: found.ttlMs, emptiness: found.emptiness };
}

async function lookUpServices(client: DnsClient, query: string, signal: AbortSignal): Promise<Lookup> {
  const { records, ttlMs, rcode, additional } = await follow(client, query, "SRV", signal);
  const services = records.filter((record) => record.type === "SRV").filter(({ target }) => target !== "");
  if (services.length === 0) return { endpoints: [], ttlMs, emptiness: emptinessOf(rcode) };
  const endpoints: FoundEndpoint[] = [];
  const ttls = [ttlMs];
  const known = new Map<string, readonly string[]>();
  for (const { target, port, priority, weight } of services) {
    let addresses = known.get(target);
    if (!addresses) {
      const given = additional.filter((record) => record.name === target && isAddress(record));
      if (given.length > 0) {
        addresses = given.flatMap((record) => (isAddress(record) ? record.address : []));
        ttls.push(...given.map((record) => record.ttlMs));
      } else {
        const found = await lookUpAddresses(client, target, "A or AAAA", signal);
        addresses = found.addresses;
        ttls.push(found.ttlMs);
      }
      known.set(target, addresses);
    }
    for (const address of addresses) endpoints.push({ address, port, priority, weight });
  }
  const emptiness = endpoints.length === 0 ? "NODATA" : undefined;
  return { endpoints: sorted(endpoints), ttlMs: Math.min(...ttls), emptiness };
}

interface Addresses {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
  readonly emptiness: Lookup["emptiness"];
}

async function lookUpAddresses(
  client: DnsClient,
  name: string,
  type: "A" | "AAAA" | "A or AAAA",
  signal: AbortSignal,
): Promise<Addresses> {
  if (type === "A or AAAA") {
    const found = await lookUpAddresses(client, name, "A", signal);
    return found.emptiness === "NODATA" ? lookUpAddresses(client, name, "AAAA", signal) : found;
  }
  const { records, ttlMs, rcode } = await follow(client, name, type, signal);
  const addresses = records.flatMap((record) => (isAddress(record) ? record.address : []));
  return { addresses, ttlMs, emptiness: addresses.length === 0 ? emptinessOf(rcode) : undefined };
}

interface Followed {
  readonly records: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  readonly rcode: string;
  readonly ttlMs: number;
}

/** Asks, and goes on asking where an answer has nothing but an alias. */
async function follow(client: DnsClient, query: string, type: RecordType, signal: AbortSignal): Promise<Followed> {
  let name = query.toLowerCase().replace(/\.$/, "");
  let ttlMs = Number.POSITIVE_INFINITY;
  for (let left = MAX_ALIASES; ; left--) {
    const answer = await client.ask(name, type, signal);
    const { target, ttlMs: aliasMs } = endOfAliases(answer, name);
    ttlMs = Math.min(ttlMs, aliasMs);
    const records = answer.answers.filter((record) => record.type === type && record.name === target);
    const isDone = records.length > 0 || target === name || answer.rcode !== "NOERROR" || left === 0;
    if (isDone) {
      const least = Math.min(ttlMs, ...records.map((record) => record.ttlMs));
      const { additional, rcode } = answer;
      return { records, additional, rcode, ttlMs: Number.isFinite(least) ? least : 0 };
    }
    name = target;
  }
}

function endOfAliases({ answers }: DnsAnswer, name: string): { readonly target: string; readonly ttlMs: number } {
  let target = name;
  let ttlMs = Number.POSITIVE_INFINITY;
  for (let left = answers.length; left > 0; left--) {
    const alias = answers.find((record) => record.type === "CNAME" && record.name === target);
    if (alias?.type !== "CNAME") break;
    target = alias.target;
    ttlMs = Math.min(ttlMs, alias.ttlMs);
  }
  return { target, ttlMs };
}

function isAddress(record: DnsRecord): record is Extract<DnsRecord, { type: "A" | "AAAA" }> {
  return record.type === "A" || record.type === "AAAA";
}

function emptinessOf(rcode: string): "NXDOMAIN" | "NODATA" {
  return rcode === "NXDOMAIN" ? "NXDOMAIN" : "NODATA";
}

/** Without what is there twice. */
function sorted(endpoints: readonly FoundEndpoint[]): FoundEndpoint[] {
  const byText = new Map(endpoints.map((one) => [`${one.priority} ${one.address} ${one.port}`, one]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
