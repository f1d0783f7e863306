import { Flag, FrameType, frame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { Random } from "../../../xds/test/support/random.ts";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import { encodeHeaders } from "../../src/index.ts";
import { describeStream } from "./client-view.ts";
import { type Ids, makeDeviation } from "./deviations.ts";
import { OraclePeer, OwnPeer, type Peer } from "./peers.ts";
import { requestHeaders, Script } from "./script.ts";
import { makeValid } from "./valid.ts";
import { resetStreams, verdictOf, whyAccepted } from "./verdict.ts";

/** Counts what happened, so that a report shows what a run has reached. */
export type Count = (outcome: string) => void;

/** A conversation by the rules: both servers give the same answers. @returns frames that the client sent */
export async function playValid(port: number, random: Random, count: Count): Promise<number> {
  const { script, streams } = makeValid(random, 20 + random.int(100));
  await withBoth(port, async (own, oracle) => {
    await Promise.all([script.play(own), script.play(oracle)]);
    if (own.isClosed) throw new Error(`we ended a valid conversation: ${(own as OwnPeer).server.fault}`);
    if (oracle.isClosed) throw new Error(`the oracle ended a valid conversation: GOAWAY ${oracle.view.goaway}`);
    for (const id of streams) {
      const ours = describeStream(own.view.streams.get(id));
      const isSame = () => describeStream(oracle.view.streams.get(id)) === ours;
      // What the oracle's application does takes turns of its own.
      if (!isSame()) await waitFor("the oracle's answer", isSame, 3_000).catch(() => {});
      const theirs = describeStream(oracle.view.streams.get(id));
      if (ours !== theirs) throw new Error(`stream ${id}: ours answered\n  ${ours}\nand the oracle\n  ${theirs}`);
      count(ours === "nothing" ? ours : ours.slice(ours.lastIndexOf("|") + 2));
    }
  });
  return script.frames;
}

/** Streams in every state, then something odd: where the oracle ends stream or connection, we do. */
export async function playDeviation(
  port: number,
  random: Random,
  at: number,
  isMutated: boolean,
  count: Count,
): Promise<number> {
  const ids = { ...places, idle: 21 + 2 * random.int(5) };
  const prelude = makePrelude(ids);
  const deviation = makeDeviation(random, at, ids, isMutated);
  const { frame: name, how, place, bytes } = deviation;
  const odd = new Script().add(bytes).settle().settle();
  const after = new Script().add(requestFrame(99, "/nothing", true)).settle();
  await withBoth(port, async (own, oracle) => {
    for (const peer of [own, oracle]) {
      await prelude.play(peer);
      const { streams } = peer.view;
      const isReady = () =>
        streams.get(ids.ended)?.isEnded && streams.get(ids["reset by the server"])?.reset !== undefined;
      if (!isReady()) await waitFor("the streams' states", isReady);
    }
    const [ownBefore, oracleBefore] = [resetStreams(own), resetStreams(oracle)];
    await odd.play(own);
    await odd.play(oracle);
    const { fault, minorFaults } = (own as OwnPeer).server;
    const ours = { ...verdictOf(own, ownBefore), told: fault?.message ?? minorFaults.join("; ") };
    const theirs = verdictOf(oracle, oracleBefore);
    const what = `${isMutated ? "mutated " : ""}${name} ${how} on ${place}`;
    if (ours.ends !== theirs.ends) {
      const reason = whyAccepted(deviation, theirs, ours);
      if (reason === undefined) {
        const told = `the oracle ends ${theirs.ends} (${theirs.code}), we ${ours.ends} (${ours.code}: ${ours.told})`;
        throw new Error(`${what}: ${told}; bytes ${bytes.subarray(0, 60).toString("hex")}`);
      }
      count(`accepted: ${reason}`);
    } else count(ours.code === theirs.code ? `ends ${ours.ends}` : `ends ${ours.ends} by another code`);
    if (ours.ends === "connection" || theirs.ends === "connection" || place === "far ahead" || name === "GOAWAY")
      return;
    // Both go on.
    for (const peer of [own, oracle]) {
      await after.play(peer);
      const isAnswered = () => peer.view.streams.get(99)?.isEnded;
      if (!isAnswered())
        await waitFor(`${peer === own ? "our" : "the oracle's"} answer after ${what}`, isAnswered, 5_000);
    }
  });
  return prelude.frames + odd.frames + after.frames;
}

const places: Ids = {
  open: 1,
  "half-closed": 3,
  ended: 5,
  "reset by the client": 7,
  "reset by the server": 9,
  skipped: 13,
  idle: 21,
  "far ahead": 2 ** 31 - 1,
  even: 2,
  "the connection": 0,
};

function makePrelude(ids: Ids): Script {
  return new Script()
    .settings()
    .add(requestFrame(ids.open, "/hold", false))
    .add(requestFrame(ids["half-closed"], "/hold", true))
    .add(requestFrame(ids.ended, "/count", true))
    .add(requestFrame(ids["reset by the client"], "/hold", false))
    .add(frame(FrameType.RST_STREAM, 0, ids["reset by the client"], uint32(8)))
    .add(requestFrame(ids["reset by the server"], "/reset/2", false))
    .add(requestFrame(19, "/hold", false))
    .settle();
}

function requestFrame(id: number, path: string, isEnd: boolean): Buffer {
  const flags = Flag.END_HEADERS | (isEnd ? Flag.END_STREAM : 0);
  return frame(FrameType.HEADERS, flags, id, encodeHeaders(requestHeaders(path)));
}

async function withBoth(port: number, play: (own: Peer, oracle: Peer) => Promise<void>): Promise<void> {
  const [own, oracle] = [new OwnPeer(), new OraclePeer(port)];
  try {
    await play(own, oracle);
    if (own.view.wrongs.length > 0) throw new Error(`we broke a rule: ${own.view.wrongs.slice(0, 3).join(", ")}`);
  } finally {
    own.close();
    oracle.close();
  }
}
