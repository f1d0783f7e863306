import { hash } from "node:crypto";

/**
 * An immutable map from strings, a hash trie with a branching factor of 32.
 *
 * Two versions of a map share all that did not change, so that an update costs O(log n), and {@link diffMaps} and
 * {@link digestMap} cost what differs, not what is there. That is what lets a snapshot of 100,000 resources be replaced
 * for one change.
 */
export interface PersistentMap<V> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V): PersistentMap<V>;
  delete(key: string): PersistentMap<V>;
  /** Entries in an order that depends on the keys alone, not on how the map came about. */
  entries(): IterableIterator<[string, V]>;
  [Symbol.iterator](): IterableIterator<[string, V]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<V>;
}

interface Leaf<V> {
  readonly kind: "leaf";
  readonly hash: number;
  readonly key: string;
  readonly value: V;
  /** Of equal 32-bit hash, and with a key that sorts behind; as a rule none: one object an entry, as there are many. */
  readonly next: Leaf<V> | undefined;
}

interface Branch<V> {
  readonly kind: "branch";
  readonly bitmap: number;
  readonly children: readonly Node<V>[];
  /** Made when it is first asked for. */
  digest: string | undefined;
}

type Node<V> = Leaf<V> | Branch<V>;

const BITS = 5;
const MASK = (1 << BITS) - 1;

/** The empty map. */
export function emptyMap<V>(): PersistentMap<V> {
  return EMPTY as Trie<V>;
}

/** A map of the given entries; of equal keys the last wins. */
export function mapOf<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
  let map = emptyMap<V>();
  for (const [key, value] of entries) map = map.set(key, value);
  return map;
}

/**
 * Calls `differs` for each key whose value is not the same (by `Object.is`) in both maps.
 * Cost: proportional to what was set or deleted between them, since shared branches are passed over.
 */
export function diffMaps<V>(
  from: PersistentMap<V>,
  to: PersistentMap<V>,
  differs: (key: string, before: V | undefined, after: V | undefined) => void,
): void {
  diffNodes((from as Trie<V>).root, (to as Trie<V>).root, 0, differs);
}

/**
 * SHA-256 (base64url) of the keys and what `textOf` says of each value: equal for equal content, however it came about.
 * Cost: what was set or deleted since a map that shares branches was digested, whatever there is.
 *
 * @param textOf always the same for maps that share anything: what it said is remembered
 */
export function digestMap<V>(map: PersistentMap<V>, textOf: (value: V) => string): string {
  const { root } = map as Trie<V>;
  return hash("sha256", root ? digestNode(root, textOf) : "", "base64url");
}

class Trie<V> implements PersistentMap<V> {
  readonly root: Node<V> | undefined;
  readonly size: number;

  constructor(root: Node<V> | undefined, size: number) {
    this.root = root;
    this.size = size;
  }

  get(key: string): V | undefined {
    const hash = hashOf(key);
    let node = this.root;
    for (let shift = 0; node?.kind === "branch"; shift += BITS) node = childAt(node, hash, shift);
    if (node?.hash !== hash) return undefined;
    for (let leaf: Leaf<V> | undefined = node; leaf; leaf = leaf.next) if (leaf.key === key) return leaf.value;
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    const before = this.get(key);
    if (before !== undefined && Object.is(before, value)) return this;
    const leaf: Leaf<V> = { kind: "leaf", hash: hashOf(key), key, value, next: undefined };
    const root = this.root ? insert(this.root, leaf, 0) : leaf;
    return new Trie(root, this.size + (before === undefined ? 1 : 0));
  }

  delete(key: string): PersistentMap<V> {
    if (!this.root || !this.has(key)) return this;
    const root = remove(this.root, hashOf(key), key, 0);
    return root ? new Trie(root, this.size - 1) : emptyMap();
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }

  *entries(): IterableIterator<[string, V]> {
    if (this.root) for (const [key, value] of entriesOf(this.root)) yield [key, value];
  }

  *keys(): IterableIterator<string> {
    if (this.root) for (const [key] of entriesOf(this.root)) yield key;
  }

  *values(): IterableIterator<V> {
    if (this.root) for (const [, value] of entriesOf(this.root)) yield value;
  }
}

const EMPTY = new Trie<never>(undefined, 0);

/** FNV-1a over UTF-16 units, then a finalizer: the trie takes the low bits first, and FNV alone leaves them poor. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function slotOf(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & MASK);
}

function indexOf(bitmap: number, slot: number): number {
  let below = bitmap & (slot - 1);
  below -= (below >>> 1) & 0x55555555;
  below = (below & 0x33333333) + ((below >>> 2) & 0x33333333);
  return Math.imul((below + (below >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function childAt<V>(branch: Branch<V>, hash: number, shift: number): Node<V> | undefined {
  const slot = slotOf(hash, shift);
  return branch.bitmap & slot ? branch.children[indexOf(branch.bitmap, slot)] : undefined;
}

function branch<V>(bitmap: number, children: readonly Node<V>[]): Branch<V> {
  return { kind: "branch", bitmap, children, digest: undefined };
}

function insert<V>(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if (node.kind === "leaf") {
    if (node.hash === leaf.hash) return withLeaf(node, leaf);
    return insert(branch(slotOf(node.hash, shift), [node]), leaf, shift);
  }
  const slot = slotOf(leaf.hash, shift);
  const index = indexOf(node.bitmap, slot);
  const child = node.bitmap & slot ? node.children[index]! : undefined;
  const children = node.children.slice();
  if (child) children[index] = insert(child, leaf, shift + BITS);
  else children.splice(index, 0, leaf);
  return branch(node.bitmap | slot, children);
}

function withLeaf<V>(leaf: Leaf<V> | undefined, added: Leaf<V>): Leaf<V> {
  if (!leaf || added.key < leaf.key) return { ...added, next: leaf };
  if (added.key === leaf.key) return { ...added, next: leaf.next };
  return { ...leaf, next: withLeaf(leaf.next, added) };
}

function withoutKey<V>(leaf: Leaf<V> | undefined, key: string): Leaf<V> | undefined {
  return !leaf || leaf.key === key ? leaf?.next : { ...leaf, next: withoutKey(leaf.next, key) };
}

function remove<V>(node: Node<V>, hash: number, key: string, shift: number): Node<V> | undefined {
  if (node.kind === "leaf") return withoutKey(node, key);
  const slot = slotOf(hash, shift);
  const index = indexOf(node.bitmap, slot);
  const child = remove(node.children[index]!, hash, key, shift + BITS);
  const children = node.children.slice();
  children.splice(index, 1, ...(child ? [child] : []));
  // A lone leaf moves up, so that equal content has one shape and one order, however it came about.
  if (children.length === 1 && children[0]!.kind === "leaf") return children[0];
  if (children.length === 0) return undefined;
  return branch(child ? node.bitmap : node.bitmap & ~slot, children);
}

function* entriesOf<V>(root: Node<V>): IterableIterator<readonly [string, V]> {
  const open: Node<V>[] = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.kind === "branch") {
      for (let index = node.children.length - 1; index >= 0; index--) open.push(node.children[index]!);
      continue;
    }
    for (let leaf: Leaf<V> | undefined = node; leaf; leaf = leaf.next) yield [leaf.key, leaf.value];
  }
}

/** Of a branch over what its children say, of a leaf its entries: content of one shape has one digest. */
function digestNode<V>(node: Node<V>, textOf: (value: V) => string): string {
  if (node.kind === "branch") {
    node.digest ??= hash("sha256", node.children.map((child) => digestNode(child, textOf)).join("\0"), "base64url");
    return node.digest;
  }
  const { key, value, next } = node;
  const text = `${key.length}:${key}${textOf(value)}`;
  return next ? `${text}\0${digestNode(next, textOf)}` : text;
}

type Differs<V> = (key: string, before: V | undefined, after: V | undefined) => void;

function diffNodes<V>(from: Node<V> | undefined, to: Node<V> | undefined, shift: number, differs: Differs<V>): void {
  if (from === to) return;
  if (from?.kind === "branch" && to?.kind === "branch") {
    diffBranches(from, to, shift, differs);
    return;
  }
  if (isLone(from) && isLone(to) && (!from || !to || from.key === to.key)) {
    const { key } = (to ?? from)!;
    if (!Object.is(from?.value, to?.value)) differs(key, from?.value, to?.value);
    return;
  }
  const after = new Map(to ? entriesOf(to) : []);
  for (const [key, before] of from ? entriesOf(from) : []) {
    const now = after.get(key);
    after.delete(key);
    if (!Object.is(before, now)) differs(key, before, now);
  }
  for (const [key, now] of after) differs(key, undefined, now);
}

/** Whether there is one entry at most. */
function isLone<V>(node: Node<V> | undefined): node is Leaf<V> | undefined {
  return node === undefined || (node.kind === "leaf" && node.next === undefined);
}

function diffBranches<V>(from: Branch<V>, to: Branch<V>, shift: number, differs: Differs<V>): void {
  if (from.bitmap === to.bitmap) {
    for (let index = 0; index < to.children.length; index++) {
      const [before, after] = [from.children[index], to.children[index]];
      if (before !== after) diffNodes(before, after, shift + BITS, differs);
    }
    return;
  }
  const both = from.bitmap | to.bitmap;
  for (let position = 0; position <= MASK; position++) {
    const slot = 1 << position;
    if (!(both & slot)) continue;
    const before = from.bitmap & slot ? from.children[indexOf(from.bitmap, slot)] : undefined;
    const after = to.bitmap & slot ? to.children[indexOf(to.bitmap, slot)] : undefined;
    diffNodes(before, after, shift + BITS, differs);
  }
}
