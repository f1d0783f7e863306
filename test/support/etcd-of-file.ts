import { after } from "node:test";
import { type Etcd, type EtcdOptions, startEtcd } from "./etcd.ts";
import { requireTool } from "./tools.ts";

/** One etcd for all tests of a file, which ends with them, and the options of these tests: without etcd they skip and must not ask for it. */
export async function etcdOfFile(
  how: EtcdOptions = {},
): Promise<{ readonly etcd: Etcd; readonly options: { readonly skip?: string } }> {
  const tool = requireTool("etcd");
  if ("skip" in tool) return { etcd: undefined as never, options: { skip: tool.skip } };
  const etcd = await startEtcd(tool.path, how);
  after(() => etcd.close());
  return { etcd, options: {} };
}
