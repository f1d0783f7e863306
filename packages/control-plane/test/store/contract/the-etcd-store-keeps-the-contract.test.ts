import { after, before, test } from "node:test";
import { type Etcd, startEtcd } from "../../../../../test/support/etcd.ts";
import { requireTool } from "../../../../../test/support/tools.ts";
import { openStore } from "../../../src/store/create-store.ts";
import { openEtcd } from "../../../src/store/etcd/open-etcd.ts";
import { parseEtcdUrl } from "../../../src/store/etcd/settings.ts";
import { keepsTheContract } from "./contract.ts";

const tool = requireTool("etcd");
let etcd: Etcd;
let places = 0;

if ("skip" in tool) test("etcd", { skip: tool.skip });
else {
  before(async () => {
    etcd = await startEtcd(tool.path);
  });
  after(() => etcd.close());
  keepsTheContract({
    name: "etcd",
    isDurable: true,
    isShared: true,
    place: async (t) => {
      const url = `${etcd.url}/place-${places++}`;
      return {
        async open(options) {
          const place = openEtcd(parseEtcdUrl(url));
          t.after(() => place.close());
          return openStore(place.log, options);
        },
      };
    },
  });
}
