import { setTimeout as delay } from "node:timers/promises";
import type { NodeIdentity } from "@fairlead/xds";
import { FairleadError } from "../../errors.ts";
import type { Change, Owner } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import type { Fault } from "../../validation/fault.ts";
import { isSameMap } from "../files/files-source.ts";
import type { Source } from "../source.ts";
import { trackFaults } from "../track-faults.ts";
import { type EvaluateOptions, evaluateNodes, type NodeProgram, type NodeResources } from "./evaluate.ts";

/** The owner of what programs give for single nodes. */
export const NODE_OWNER: Owner = "node";

/** Settings of {@link createNodeGroups}. */
export interface NodeGroupsOptions extends Omit<EvaluateOptions, "owner"> {
  readonly committer: Committer;
  /** Filled with the groups made here, each with the group that it is derived from. */
  readonly derived: Map<string, string>;
  /** Whether a proxy is served by that group at present. */
  readonly isServed: (group: string) => boolean;
  /** Called when a group is no more, and nobody is to be kept waiting for its return. */
  readonly forget: (group: string) => void;
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
/** How often derived groups that serve nobody are looked for; one that does so twice in a row goes. */
const SWEEP_MS = 300_000;

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
  const { committer, derived, isServed, forget } = options;
  const evaluation = { ...options, owner: NODE_OWNER };
  const tracker = trackFaults(NODE_OWNER);
  const programs = new Map<string, ReadonlyMap<string, NodeProgram>>();
  const nodes = new Map<string, KnownNode>();
  const due = new Set<KnownNode>();
  const unserved = new Set<string>();
  let regroup = () => {};
  let isClosed = false;
  let working: Promise<void> | undefined;
  const sweeping = setInterval(() => void sweep(), SWEEP_MS).unref();

  function work(): void {
    if (isClosed || due.size === 0) return;
    working ??= delay(BURST_MS)
      .then(answerDue)
      .catch((error: unknown) => {
        const message = `nodes cannot be given their own resources: ${(error as Error).message}`;
        tracker.reportAll([{ severity: "error", rule: "source.failed", message, pointer: "" }]);
      })
      .finally(() => {
        working = undefined;
        work();
      });
  }

  async function answerDue(): Promise<void> {
    const [first] = due;
    if (!first) return;
    const { base } = first;
    const batch = [...due].filter((known) => known.base === base).slice(0, MAX_BATCH);
    for (const known of batch) due.delete(known);
    const asked = programs.get(base);
    const answers = asked
      ? await evaluateNodes(
          base,
          asked,
          batch.map(({ node }) => node),
          evaluation,
        )
      : batch.map((): NodeResources => ({ kind: "resources", entries: [], digest: "" }));
    const before = batch.map(({ group }) => group);
    await takeUp(base, batch, answers);
    for (const known of batch) known.asked = asked;
    report(base);
    tracker.reportAll([]);
    if (batch.some(({ group }, index) => group !== before[index])) regroup();
  }

  /** Commits the groups that the answers need, and says where each node belongs. */
  async function takeUp(base: string, batch: readonly KnownNode[], answers: readonly NodeResources[]): Promise<void> {
    const refusedBy = new Map<string, readonly Fault[]>();
    for (const [index, known] of batch.entries()) {
      const answer = answers[index]!;
      known.faults = answer.kind === "faulty" ? answer.faults : [];
      if (answer.kind === "faulty") continue;
      if (answer.entries.length === 0) {
        known.group = base;
        continue;
      }
      const group = `${base.slice(0, 200)}@${answer.digest}`;
      if (!derived.has(group) && !refusedBy.has(group)) {
        derived.set(group, base);
        const change: Change = { kind: "update", group, owner: NODE_OWNER, upsert: answer.entries, remove: [] };
        const faults = await attempt(change);
        if (faults.length > 0) {
          derived.delete(group);
          refusedBy.set(group, faults);
        }
      }
      known.faults = refusedBy.get(group) ?? [];
      if (known.faults.length === 0) known.group = group;
    }
  }

  async function attempt(change: Change): Promise<readonly Fault[]> {
    try {
      await committer.commit([change]);
      return [];
    } catch (error) {
      if (!(error instanceof FairleadError) || error.faults.length === 0) throw error;
      return error.faults;
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
    const gone = [...derived.keys()].filter((group) => !isServed(group));
    const twice = gone.filter((group) => unserved.has(group));
    unserved.clear();
    for (const group of gone) unserved.add(group);
    if (twice.length === 0) return;
    for (const [key, { group }] of nodes) if (group !== undefined && twice.includes(group)) nodes.delete(key);
    await committer.commit(twice.map((group) => ({ kind: "withdraw", group, owner: NODE_OWNER })));
    for (const group of twice) {
      derived.delete(group);
      forget(group);
    }
  }

  return {
    name: NODE_OWNER,
    async start(groupsChanged = () => {}) {
      regroup = groupsChanged;
      work();
    },
    async close() {
      isClosed = true;
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
      if (nodes.size > MAX_NODES) nodes.delete(nodes.keys().next().value!);
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
