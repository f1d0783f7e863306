import { type RuleSet, type RuleTable, STEERS } from "./rule-set.ts";

/**
 * Rules of strings. Lengths count code points, sizes count bytes of UTF-8. Not covered, since no schema of Envoy uses
 * them: `email`, `hostname`, `ip`, `ipv4`, `ipv6`, `uri`, `uri_ref`, `address`, `uuid`.
 */
export const STRING_RULES: RuleTable = {
  ignore_empty: STEERS,
  strict: STEERS,
  const: (limit: string) => (value) => (value === limit ? undefined : `must be ${JSON.stringify(limit)}`),
  in: (list: readonly string[]) => (value) =>
    list.includes(value as string) ? undefined : `${JSON.stringify(value)} must be one of ${quoted(list)}`,
  not_in: (list: readonly string[]) => (value) =>
    list.includes(value as string) ? `${JSON.stringify(value)} must not be one of ${quoted(list)}` : undefined,
  len: (limit: bigint) => (value) => (lengthOf(value) === Number(limit) ? undefined : `must have ${limit} characters`),
  min_len: (limit: bigint) => (value) =>
    lengthOf(value) >= Number(limit)
      ? undefined
      : limit === 1n
        ? "must not be empty"
        : `must have at least ${limit} characters`,
  max_len: (limit: bigint) => (value) =>
    lengthOf(value) <= Number(limit) ? undefined : `must have at most ${limit} characters`,
  len_bytes: (limit: bigint) => (value) => (bytesOf(value) === Number(limit) ? undefined : `must have ${limit} bytes`),
  min_bytes: (limit: bigint) => (value) =>
    bytesOf(value) >= Number(limit) ? undefined : `must have at least ${limit} bytes`,
  max_bytes: (limit: bigint) => (value) =>
    bytesOf(value) <= Number(limit) ? undefined : `must have at most ${limit} bytes`,
  prefix: (limit: string) => (value) =>
    (value as string).startsWith(limit) ? undefined : `must begin with ${JSON.stringify(limit)}`,
  suffix: (limit: string) => (value) =>
    (value as string).endsWith(limit) ? undefined : `must end with ${JSON.stringify(limit)}`,
  contains: (limit: string) => (value) =>
    (value as string).includes(limit) ? undefined : `must contain ${JSON.stringify(limit)}`,
  not_contains: (limit: string) => (value) =>
    (value as string).includes(limit) ? `must not contain ${JSON.stringify(limit)}` : undefined,
  pattern: (limit: string) => {
    const regex = new RegExp(`^(?:${limit})$`, "u"); // the whole value, as Envoy's RE2::FullMatch
    return (value) => (regex.test(value as string) ? undefined : `must match ${limit}`);
  },
  well_known_regex: (kind: number, all) => {
    const { regex, words } = wellKnown(kind, all);
    return (value) => (regex.test(value as string) ? undefined : `must be ${words}`);
  },
};

const HEADER_NAME = 1;

function wellKnown(kind: number, all: RuleSet): { readonly regex: RegExp; readonly words: string } {
  const words = kind === HEADER_NAME ? "an HTTP header name" : "an HTTP header value";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that the rule forbids
  if (all.get("strict") === false) return { regex: /^[^\u0000\u000A\u000D]*$/u, words: `${words} (no NUL, CR, LF)` };
  if (kind === HEADER_NAME) return { regex: /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/, words };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that the rule forbids
  return { regex: /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/u, words };
}

function lengthOf(value: unknown): number {
  const text = value as string;
  let surrogatePairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) surrogatePairs++;
  return text.length - surrogatePairs;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(value as string);
}

function quoted(list: readonly string[]): string {
  return list.map((it) => JSON.stringify(it)).join(", ");
}
