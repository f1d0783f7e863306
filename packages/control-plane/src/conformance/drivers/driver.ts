import type { ResourceJson } from "../resources.ts";

/** All that one node is to be served. */
export interface NodeState {
  /** Its id, and its cluster: a server may choose by either. Visible ASCII without slashes. */
  readonly node: string;
  /** A decimal number that grows with each change of this node, for servers that have no versions of their own. */
  readonly version: string;
  /** Each with its `@type`. */
  readonly resources: readonly ResourceJson[];
}

/** Sets the state of the server under test. */
export interface Driver {
  /** What it is, for messages: `http PUT http://…`. */
  readonly title: string;
  /**
   * Replaces, as a whole, what a node is served; resolves once the server has taken it.
   *
   * @throws Unsupported if the server can't serve such resources; FairleadError `driver-failed`
   */
  set(state: NodeState): Promise<void>;
  /** There is nothing said of that node any more; may do nothing. Resolves to whether the server can forget. */
  forget(node: string): Promise<boolean>;
  /** A trial is over: nothing of that node need be remembered. Left out: as {@link forget}. */
  discard?(node: string): Promise<void>;
  close(): Promise<void>;
}
