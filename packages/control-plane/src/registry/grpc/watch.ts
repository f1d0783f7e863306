import type { JsonObject } from "@bufbuild/protobuf";
import { type GrpcStatus, type ServedMethod, StatusCode, serverStreaming } from "@fairlead/xds";
import { Registry as RegistryService, Status } from "../../../gen/fairlead/registry/v1/registry_pb.js";
import type { Store } from "../../store/store.ts";
import { followInstances, type InstanceNews } from "../follow-instances.ts";
import type { Instance } from "../instance.ts";

/** Calls of `Watch` at a time. */
const MAX_WATCHES = 1_000;

/** Bytes queued on a call above which it is told nothing more until its client has read. */
const BUSY_BYTES = 65_536;

/** `Watch`: all instances of the services, then every change. Who reads slowly is told the newest state when it has read. */
export function watchMethod(store: Store): ServedMethod {
  let watches = 0;
  return serverStreaming(RegistryService.method.watch, ({ services }, replies) => {
    if (watches >= MAX_WATCHES) {
      replies.end(TOO_MANY);
      return { onClose: () => {} };
    }
    watches += 1;
    let isComplete = false;
    const following = followInstances(store, {
      services: services.length === 0 ? undefined : new Set(services),
      after: undefined,
      isBusy: () => replies.stream.queuedBytes > BUSY_BYTES,
      onReset: () => {},
      onNews: (news) => {
        const complete = !isComplete && news.revision !== undefined;
        isComplete ||= complete;
        replies.send({ ...newsMessage(news), complete });
      },
    });
    return {
      onDrain: () => following.goOn(),
      onClose: () => {
        watches -= 1;
        following.close();
      },
    };
  });
}

const TOO_MANY: GrpcStatus = {
  code: StatusCode.RESOURCE_EXHAUSTED,
  message: `${MAX_WATCHES} calls watch already: try again later, or another replica`,
};

function newsMessage({ instances, removed, revision = 0 }: InstanceNews) {
  return {
    revision: BigInt(revision),
    instances: instances.map(instanceMessage),
    removed: removed.map((name) => ({ ...name, incarnation: 0n, sequence: 0n })),
  };
}

function instanceMessage({ isHealthy, owner, ...registration }: Instance) {
  const { service, id, incarnation, sequence, address, port, weight, locality, metadata, status, ttlMs } = registration;
  const { hostname = "" } = registration;
  return {
    registration: {
      key: { service, id, incarnation: BigInt(incarnation), sequence: BigInt(sequence) },
      address,
      port,
      hostname,
      weight,
      locality,
      metadata: metadata as JsonObject,
      status: Status[status],
      ttlMs,
    },
    healthy: isHealthy,
    owner,
  };
}
