import type { NodeMatcher } from "@fairlead/envoy-api/envoy/type/matcher/v3/node_pb";
import type { DoubleMatcher } from "@fairlead/envoy-api/envoy/type/matcher/v3/number_pb";
import type { StringMatcher } from "@fairlead/envoy-api/envoy/type/matcher/v3/string_pb";
import type { StructMatcher } from "@fairlead/envoy-api/envoy/type/matcher/v3/struct_pb";
import type { ValueMatcher } from "@fairlead/envoy-api/envoy/type/matcher/v3/value_pb";
import type { NodeIdentity } from "../source.ts";

/** A test of nodes, or why there can be none. */
export type NodeTest = { readonly matches: (node: NodeIdentity) => boolean } | { readonly unsupported: string };

type Test = (value: unknown) => boolean;

/**
 * Makes one test of node matchers, any one of which may match; none: every node does. Regular expressions come from
 * whoever asks, and JavaScript's can take for ever: they are not supported, nor are custom matchers.
 */
export function nodeTest(matchers: readonly NodeMatcher[]): NodeTest {
  if (matchers.length === 0) return { matches: () => true };
  const compile = new Compiler();
  const tests = matchers.map((matcher, index) => compile.node(matcher, `node_matchers[${index}]`));
  if (compile.unsupported !== undefined) return { unsupported: compile.unsupported };
  return { matches: (node) => tests.some((test) => test(node)) };
}

const never: Test = () => false;

class Compiler {
  /** The first thing found that cannot be matched by. */
  unsupported: string | undefined;

  node({ nodeId, nodeMetadatas }: NodeMatcher, at: string): (node: NodeIdentity) => boolean {
    const id = nodeId && this.#string(nodeId, `${at}.node_id`);
    const metadata = nodeMetadatas.map((matcher, index) => this.#struct(matcher, `${at}.node_metadatas[${index}]`));
    return (node) => (id?.(node.id) ?? true) && metadata.every((test) => test(node.metadata));
  }

  #struct({ path, value }: StructMatcher, at: string): Test {
    const keys = path.map(({ segment }) => segment.value ?? "");
    const test = this.#value(value, `${at}.value`);
    return (metadata) => test(keys.reduce<unknown>(valueAt, metadata));
  }

  #value(matcher: ValueMatcher | undefined, at: string): Test {
    const pattern = matcher?.matchPattern;
    switch (pattern?.case) {
      case "nullMatch":
        return (value) => value === null;
      case "doubleMatch":
        return this.#double(pattern.value, at);
      case "stringMatch":
        return this.#string(pattern.value, `${at}.string_match`);
      case "boolMatch":
        return (value) => value === pattern.value;
      case "presentMatch":
        return (value) => pattern.value && isPrimitive(value);
      case "listMatch": {
        const one = this.#value(pattern.value.matchPattern.value, `${at}.list_match.one_of`);
        return (value) => Array.isArray(value) && value.some(one);
      }
      case "orMatch": {
        const tests = pattern.value.valueMatchers.map((each, index) =>
          this.#value(each, `${at}.or_match.value_matchers[${index}]`),
        );
        return (value) => tests.some((test) => test(value));
      }
      default:
        return this.#refuse(`${at}: no match_pattern`);
    }
  }

  #double({ matchPattern: pattern }: DoubleMatcher, at: string): Test {
    if (pattern.case === "exact") return (value) => value === pattern.value;
    if (pattern.case !== "range") return this.#refuse(`${at}.double_match: no match_pattern`);
    const { start, end } = pattern.value; // half open
    return (value) => typeof value === "number" && value >= start && value < end;
  }

  #string({ matchPattern: pattern, ignoreCase }: StringMatcher, at: string): Test {
    const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
    const on =
      (test: (text: string) => boolean): Test =>
      (value) =>
        typeof value === "string" && test(fold(value));
    switch (pattern.case) {
      case "exact":
        return on((text) => text === fold(pattern.value));
      case "prefix":
        return on((text) => text.startsWith(fold(pattern.value)));
      case "suffix":
        return on((text) => text.endsWith(fold(pattern.value)));
      case "contains":
        return on((text) => text.includes(fold(pattern.value)));
      case "safeRegex":
        return this.#refuse(
          `${at}.safe_regex: regular expressions are not supported; use exact, prefix, suffix or contains`,
        );
      case "custom":
        return this.#refuse(`${at}.custom: custom matchers are not supported`);
      default:
        return this.#refuse(`${at}: no match_pattern`);
    }
  }

  #refuse(reason: string): Test {
    this.unsupported ??= reason;
    return never;
  }
}

function valueAt(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function isPrimitive(value: unknown): boolean {
  return value !== undefined && (typeof value !== "object" || value === null);
}
