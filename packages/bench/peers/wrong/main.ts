// A server that is wrong on purpose: the tests of the load tester must catch each fault, and find none in `--fault none`.

import { serveHttp2 } from "../http2/serve.ts";
import { runPeer } from "../node/program.ts";
import { type FaultName, faults } from "./faults.ts";
import { createTeller } from "./teller.ts";

await runPeer({
  name: "wrong",
  library: `nghttp2 ${process.versions.nghttp2}`,
  choice: { flag: "fault", values: Object.keys(faults) },
  serve: async (options, latest) => {
    let before = latest();
    let newest = before;
    const history = { newest: () => newest, before: () => before };
    const served = await serveHttp2(options, ({ number, isDelta }) => {
      const fault = faults[number % 2 === 0 ? (options.choice as FaultName) : "none"];
      return fault(createTeller(history, isDelta));
    });
    const onChange = () => {
      before = newest;
      newest = latest();
      served.onChange();
    };
    return { port: served.port, onChange };
  },
});
