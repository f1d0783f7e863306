// A server that is wrong on purpose: the tests of the load tester must catch each fault, and find none in `--fault none`.

import { serveHttp2 } from "../http2/serve.ts";
import { runPeer } from "../node/program.ts";
import { answersNacks, type FaultName, faults } from "./faults.ts";
import { createTeller } from "./teller.ts";

await runPeer({
  name: "wrong",
  library: `nghttp2 ${process.versions.nghttp2}`,
  choice: { flag: "fault", values: Object.keys(faults) },
  serve: async (options, latest) => {
    const choice = options.choice as FaultName;
    let before = latest();
    let newest = before;
    const history = { newest: () => newest, before: () => before };
    const served = await serveHttp2(options, ({ number, isDelta }) => {
      const isWronged = number % 2 === 0 || answersNacks.has(choice);
      return faults[isWronged ? choice : "none"](createTeller(history, isDelta));
    });
    const onChange = () => {
      before = newest;
      newest = latest();
      served.onChange();
    };
    return { port: served.port, onChange };
  },
});
