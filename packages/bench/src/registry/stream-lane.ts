import { openChannel, statusName } from "@fairlead/xds";
import { BenchError } from "../errors.ts";
import { announceWriter, readAnnounceResponse } from "./announce-request.ts";
import type { Instances } from "./instances.ts";
import type { Lane, Message, OnAnswer } from "./lane.ts";
import type { RegistryPlan } from "./plan.ts";

const PATH = "/fairlead.registry.v1.Registry/Announce";
/** The first answer of a server must have come by then, ms. */
const OPEN_MS = 10_000;

/** gRPC streams, each over a connection of its own, as agents on hosts have them. An instance always goes by the same one. */
export function streamLane(plan: RegistryPlan, instances: Instances): Lane {
  const write = announceWriter(instances);
  const streams = Array.from({ length: plan.connections }, () => openStream(plan.target, write));
  return {
    send(message, onAnswer) {
      streams[(message.instances[0] ?? 0) % streams.length]!.send(message, onAnswer);
    },
    async open() {
      const late = new BenchError(
        "target-unreachable",
        `${plan.target} answered no message of ${PATH} within ${OPEN_MS / 1_000} s: is it the port of xDS?`,
      );
      const timeout = Promise.withResolvers<never>();
      const timer = setTimeout(() => timeout.reject(late), OPEN_MS);
      try {
        await Promise.race([Promise.all(streams.map((stream) => stream.greet())), timeout.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      for (const stream of streams) stream.close();
    },
  };
}

interface Stream {
  send(message: Message, onAnswer: OnAnswer): void;
  greet(): Promise<void>;
  close(): void;
}

function openStream(target: string, write: (id: number, message: Message) => Uint8Array): Stream {
  const channel = openChannel({ target });
  const waiting = new Map<number, OnAnswer>();
  let last = 0;
  let ended: string | undefined;
  const call = channel.call(PATH, {
    onMessage(bytes) {
      const { id, refused, why } = readAnnounceResponse(bytes);
      const onAnswer = waiting.get(id);
      waiting.delete(id);
      onAnswer?.(refused, why);
    },
    onEnd({ code, message }) {
      ended = `the stream ended with ${statusName(code)}: ${message}`;
      for (const onAnswer of waiting.values()) onAnswer(1, ended);
      waiting.clear();
    },
  });
  const send = (message: Message, onAnswer: OnAnswer) => {
    if (ended !== undefined) return queueMicrotask(() => onAnswer(message.instances.length, ended));
    const id = ++last;
    waiting.set(id, onAnswer);
    call.send(write(id, message));
  };
  return {
    send,
    greet() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const nothing: Message = { kind: "heartbeat", instances: [], sequence: 0 };
      send(nothing, (_refused, why) => {
        if (why === undefined) resolve();
        else reject(new BenchError("target-unreachable", `${target}${PATH}: ${why}`));
      });
      return promise;
    },
    close: () => void channel.close(),
  };
}
