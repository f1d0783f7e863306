// The bench's workload on bare `node:http2`: framed once, the same bytes for every stream.
import { Interest, select, type Telling } from "../node/interest.ts";
import { runPeer } from "../node/program.ts";
import type { Snapshot } from "../node/snapshot.ts";
import { frameResponse } from "./frames.ts";
import { serveHttp2 } from "./serve.ts";

await runPeer({
  name: "http2",
  library: `nghttp2 ${process.versions.nghttp2}`,
  serve: (options, latest) => {
    const frame = { sotw: shareFrames(false), delta: shareFrames(true) };
    return serveHttp2(options, ({ isDelta }) => {
      const interest = new Interest();
      const frameOf = isDelta ? frame.delta : frame.sotw;
      return {
        hear: (request) => interest.hear(request, latest()),
        next: () => {
          const telling = interest.next(latest());
          return telling && frameOf(latest(), telling);
        },
      };
    });
  },
});

/** Frames of the newest snapshot, each made when a stream first needs it: one for all that are equally far. */
function shareFrames(isDelta: boolean): (snapshot: Snapshot, telling: Telling) => Buffer {
  const frames = new Map<number, Buffer>();
  let revision = 0;
  const make = (snapshot: Snapshot, telling: Telling): Buffer => {
    const held = isDelta ? select(snapshot, telling) : snapshot.held;
    return frameResponse(isDelta, { snapshot, held, nonce: String(snapshot.revision) });
  };
  return (snapshot, telling) => {
    if (telling.kind === "again") return make(snapshot, telling);
    if (revision !== snapshot.revision) frames.clear();
    revision = snapshot.revision;
    const from = isDelta ? telling.revision : 0; // SotW tells all, whoever it tells
    const frame = frames.get(from) ?? make(snapshot, telling);
    frames.set(from, frame);
    return frame;
  };
}
