import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { NodeIdentity } from "@fairlead/xds";
import type { Change, Entry, Owner, StoreState } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import type { Fault } from "../../validation/fault.ts";
import { isSameMap } from "../files/files-source.ts";
import type { Source } from "../source.ts";
import { trackFaults } from "../track-faults.ts";
import { type EvaluateOptions, evaluateNodes, type NodeProgram, type NodeResources } from "./evaluate.ts";

/** The owner of what programs give for single nodes. */
export const NODE_OWNER: Owner = "node";

/** Settings of {@link createNodeGroups}. */
export interface NodeGroupsOptions extends Omit<EvaluateOptions, "owner" | "signal"> {
  readonly committer: Committer;
  /** Filled with the groups made here, each with the group that it is derived from. */
  readonly derived: Map<string, string>;
  /** The groups by which a proxy is served at present. */
  readonly servedGroups: () => ReadonlySet<string>;
  /** Called when a group is no more, and nobody is to be kept waiting for its return. */
  readonly forget: (group: string) => void;
  /** How often derived groups that serve nobody are looked for, ms; one that does so twice in a row goes. Default 300,000. */
  readonly sweepMs?: number;
}

/** Groups for single nodes; {@link createNodeGroups} makes them. */
export interface NodeGroups extends Source {
  /** The group that serves a node of a group: one derived from it where programs give that node something of its own. */
  groupOf(node: NodeIdentity, base: string): string;
  /** The programs of a group that export `forNode`, by file; another object is another state of it. */
  setPrograms(base: string, programs: ReadonlyMap<string, NodeProgram>): void;
}

/** Nodes that are remembered, at most; beyond it those asked for longest ago are asked for anew. */
const MAX_NODES = 100_000;
/** Nodes for which a program is asked at once, at most. */
const MAX_BATCH = 1_000;
/** Nodes come in bursts, and starting a program takes ten times as long. */
const BURST_MS = 20;
const SWEEP_MS = 300_000;
/** After a failure that is nobody's fault, what is due is tried again, ms. */
const RETRY_MS = 1_000;

/** Characters of a group's name that begin those derived from it. */
const MAX_START = 200;

interface KnownNode {
  readonly base: string;
  readonly node: NodeIdentity;
  /** Where it belongs; `undefined`: not known yet. */
  group: string | undefined;
  /** The state of the programs that it was asked of. */
  asked: ReadonlyMap<string, NodeProgram> | undefined;
  faults: readonly Fault[];
}

/**
 * Serves nodes what the `forNode` of resource files in TypeScript gives for them. Nodes for which it gives the same share
 * a group derived from theirs: `edge@` and a digest. A node waits for the answer before it is served for the first time;
 * when programs change, or fail, it stays where it was until there is a new answer.
 */
export function createNodeGroups(options: NodeGroupsOptions): NodeGroups {
  const { committer, derived, servedGroups, forget, sweepMs = SWEEP_MS } = options;
  const closing = new AbortController();
  const evaluation = { ...options, owner: NODE_OWNER, signal: closing.signal };
  const tracker = trackFaults(NODE_OWNER);
  const programs = new Map<string, ReadonlyMap<string, NodeProgram>>();
  const nodes = new Map<string, KnownNode>();
  const due = new Set<KnownNode>();
  let unserved: ReadonlySet<string> = new Set();
  let isSweepDue = false;
  let regroup = () => {};
  let working: Promise<void> | undefined;
  const sweeping = setInterval(() => {
    isSweepDue = true;
    work();
  }, sweepMs).unref();

  /** One thing at a time: a group that is swept away must not be given to a node meanwhile. */
  function work(afterMs = BURST_MS): void {
    if (closing.signal.aborted || (due.size === 0 && !isSweepDue)) return;
    let againInMs = BURST_MS;
    working ??= delay(afterMs, undefined, { signal: closing.signal })
      .then(async () => {
        if (isSweepDue) await sweep();
        await answerDue();
      })
      .catch((error: unknown) => {
        if (closing.signal.aborted) return;
        againInMs = RETRY_MS;
        const message = `nodes cannot be given their own resources: ${(error as Error).message}`;
        tracker.reportAll([{ severity: "error", rule: "source.failed", message, pointer: "" }]);
      })
      .finally(() => {
        working = undefined;
        work(againInMs);
      });
  }

  async function answerDue(): Promise<void> {
    const [first] = due;
    if (!first) return;
    const { base } = first;
    const batch = [...due].filter((known) => known.base === base).slice(0, MAX_BATCH);
    for (const known of batch) due.delete(known);
    try {
      await answer(base, batch);
    } catch (error) {
      for (const known of batch) due.add(known);
      throw error;
    }
  }

  async function answer(base: string, batch: readonly KnownNode[]): Promise<void> {
    const asked = programs.get(base);
    const answers = asked
      ? await evaluateNodes(
          base,
          asked,
          batch.map(({ node }) => node),
          evaluation,
        )
      : batch.map((): NodeResources => ({ kind: "resources", entries: [], digest: "" }));
    if (closing.signal.aborted) return; // programs that were ended for it are no fault of theirs
    const before = batch.map(({ group }) => group);
    await takeUp(base, batch, answers);
    for (const known of batch) known.asked = asked;
    report(base);
    tracker.reportAll([]);
    if (derived.size > MAX_NODES) isSweepDue = true;
    if (batch.some(({ group }, index) => group !== before[index])) regroup();
  }

  /** Commits the groups that the answers need, at once since a commit looks at every group, and says where each node belongs. */
  async function takeUp(base: string, batch: readonly KnownNode[], answers: readonly NodeResources[]): Promise<void> {
    const needed = new Map<string, readonly Entry[]>();
    const groups = answers.map((answer) => {
      if (answer.kind === "faulty") return undefined;
      if (answer.entries.length === 0) return base;
      const group = derivedGroup(base, answer.digest);
      if (!derived.has(group)) needed.set(group, answer.entries);
      return group;
    });
    const refused = await commit(base, needed);
    for (const [index, known] of batch.entries()) {
      const answer = answers[index]!;
      const group = groups[index];
      known.faults = answer.kind === "faulty" ? answer.faults : (refused.get(group!) ?? []);
      if (known.faults.length === 0) known.group = group;
    }
  }

  /** Commits derived groups; returns what is wrong with those that are refused. */
  async function commit(
    base: string,
    needed: ReadonlyMap<string, readonly Entry[]>,
  ): Promise<ReadonlyMap<string, readonly Fault[]>> {
    if (needed.size === 0) return new Map();
    const changes = [...needed].map(([group, upsert]): Change => {
      return { kind: "update", group, owner: NODE_OWNER, upsert, remove: [] };
    });
    for (const group of needed.keys()) derived.set(group, base);
    try {
      const { refused } = await committer.commit(changes, { leaveOutFaulty: true, author: NODE_OWNER });
      for (const group of refused.keys()) derived.delete(group);
      return refused;
    } catch (error) {
      for (const group of needed.keys()) derived.delete(group);
      throw error;
    }
  }

  /** A fault is one of the group's file, however many nodes have it. */
  function report(base: string): void {
    const known = [...nodes.values()].filter((node) => node.base === base);
    const faulty = known.filter(({ faults }) => faults.length > 0);
    const [first] = faulty;
    const faults = (first?.faults ?? []).map((fault) => {
      const others = faulty.length > 1 ? ` and ${faulty.length - 1} more` : "";
      return { ...fault, message: `for node ${first!.node.id}${others}: ${fault.message}`, group: base };
    });
    tracker.reportGroup(
      base,
      faults,
      faulty.every(({ group }) => group !== undefined),
    );
  }

  async function sweep(): Promise<void> {
    isSweepDue = false;
    const served = servedGroups();
    const idle = new Set([...derived.keys()].filter((group) => !served.has(group)));
    const gone = derived.size > MAX_NODES ? idle : idle.intersection(unserved);
    unserved = idle;
    if (gone.size === 0) return;
    for (const [key, { group }] of nodes) if (group !== undefined && gone.has(group)) nodes.delete(key);
    const changes = [...gone].map((group): Change => ({ kind: "withdraw", group, owner: NODE_OWNER }));
    await committer.commit(changes, { author: NODE_OWNER, reason: "their nodes are gone" });
    for (const group of gone) {
      derived.delete(group);
      forget(group);
    }
  }

  function forgetOldest(): void {
    const [oldest] = nodes;
    if (!oldest) return;
    const [key, known] = oldest;
    nodes.delete(key);
    due.delete(known); // whoever waits for it asks again when nodes are next regrouped
  }

  return {
    name: NODE_OWNER,
    async start(groupsChanged = () => {}) {
      regroup = groupsChanged;
      work();
    },
    async close() {
      closing.abort();
      clearInterval(sweeping);
      await working;
    },
    async reread() {
      for (const known of nodes.values()) due.add(known);
      work();
    },
    groupOf(node, base) {
      const asked = programs.get(base);
      if (!asked) return base;
      const key = `${base}\n${JSON.stringify(node)}`;
      const known = nodes.get(key) ?? { base, node, group: undefined, asked: undefined, faults: [] };
      nodes.delete(key); // to the end: the oldest goes first
      nodes.set(key, known);
      if (nodes.size > MAX_NODES) forgetOldest();
      if (known.asked !== asked) {
        due.add(known);
        work();
      }
      // A group that there is not: nothing is said until it is known what to say.
      return known.group ?? `${base}@`;
    },
    setPrograms(base, now) {
      const before = programs.get(base) ?? new Map();
      if (isSameMap(before, now)) return;
      if (now.size > 0) programs.set(base, now);
      else programs.delete(base);
      for (const known of nodes.values()) if (known.base === base) due.add(known);
      regroup();
      work();
    },
    status: () => ({
      name: NODE_OWNER,
      isLoaded: true,
      faults: tracker.faults(),
      faultyGroups: new Map(tracker.faultyGroups()),
    }),
    hasGroup: (group) => derived.has(group),
  };
}

/** The groups that a former process made and a store brought back, each with the group that it is derived from. */
export function restoreNodeGroups({ groups }: StoreState): Map<string, string> {
  const derived = new Map<string, string>();
  for (const { group, owners } of groups.values()) {
    const base = group.slice(0, group.lastIndexOf("@"));
    if (owners.has(NODE_OWNER) && base.length < MAX_START) derived.set(group, base);
  }
  return derived;
}

/** The group of those nodes of a group that are given the same. Of a long name only the start fits, so the rest is digested. */
function derivedGroup(base: string, digest: string): string {
  const start = base.slice(0, MAX_START);
  if (start === base) return `${base}@${digest}`;
  return `${start.toWellFormed()}@${createHash("sha256").update(`${base}\n${digest}`).digest("base64url").slice(0, 12)}`;
}
