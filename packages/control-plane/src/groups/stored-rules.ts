import type { Document, Store } from "../store/store.ts";
import { compileGroupRules, type GroupRules } from "./compile.ts";
import type { GroupRule } from "./rule.ts";
import { GROUP_RULES_KEY, readGroupRules } from "./rules-document.ts";

/** The rules that count, and where they are from. */
export interface RulesInForce {
  readonly from: "store" | "configuration";
  readonly rules: readonly GroupRule[];
  /** The document in the store, whether or not it can be read; `undefined`: there is none. */
  readonly document: Document | undefined;
}

/** Which group serves a node, by the rules in the store, or without them by those of the configuration. */
export interface StoredRules {
  inForce(): RulesInForce;
  /** By the rules of the store's newest revision. */
  readonly choose: GroupRules;
  /** Tells of each change of the rules, after what was registered with the store before; returns the function that ends it. */
  follow(changed: (now: RulesInForce) => void): () => void;
}

/**
 * Follows the rules of a store; each revision of them is compiled once. What is no list of rules (another version wrote it)
 * counts as if it were not there.
 */
export function createStoredRules(store: Store, configured: readonly GroupRule[]): StoredRules {
  const byConfiguration = compileGroupRules(configured);
  const read = (document: Document | undefined): RulesInForce & { readonly choose: GroupRules } => {
    const rules = document && readGroupRules(document.value);
    if (!rules) return { from: "configuration", rules: configured, document, choose: byConfiguration };
    return { from: "store", rules, document, choose: compileGroupRules(rules) };
  };
  let state = store.state();
  let known = read(state.documents.get(GROUP_RULES_KEY));
  const inForce = () => {
    const newest = store.state();
    if (newest === state) return known;
    state = newest;
    const document = newest.documents.get(GROUP_RULES_KEY);
    if (document?.revision !== known.document?.revision) known = read(document);
    return known;
  };
  return {
    inForce,
    choose: (node, exists) => inForce().choose(node, exists),
    follow(changed) {
      let told: RulesInForce = inForce();
      return store.watch(store.state().revision, () => {
        const now = inForce();
        if (now === told) return;
        told = now;
        changed(now);
      });
    },
  };
}
