// What one change of one instance costs, CPU ms, by how many instances its service has:
// node packages/control-plane/scripts/cost-of-an-instance.ts [INSTANCES…]
import { TYPE_URLS } from "@fairlead/envoy-api";
import { entryOf } from "../src/store/store.ts";
import { instance, putInstance, serviceStore } from "../test/registry/support/services.ts";

const CHANGES = 50;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 1_000, 10_000, 100_000];

const cpuMs = (since?: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};
const addressOf = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

for (const size of sizes) {
  const store = serviceStore();
  const all = Array.from({ length: size }, (_, index) => instance(`i${index}`, { address: addressOf(index) }));
  const begun = process.cpuUsage();
  await store.commit(all.map(putInstance));
  const builtMs = cpuMs(begun);
  const since = process.cpuUsage();
  for (let change = 0; change < CHANGES; change++) {
    const changed = all[(change * 7_919) % size]!;
    const status = change % 2 === 0 ? "DRAINING" : "UP";
    await store.commit([putInstance({ ...changed, status, sequence: 2 + change })]);
  }
  const perChangeMs = cpuMs(since) / CHANGES;
  const key = { typeUrl: TYPE_URLS.endpoints, name: "web" };
  const bytes = entryOf(store.state().groups.get("default"), key)!.resource.value.length;
  const built = `${((builtMs / size) * 1_000).toFixed(1)} µs each to register at once`;
  console.log(`${size} instances, ${bytes} bytes: ${perChangeMs.toFixed(3)} ms a change; ${built}`);
}
