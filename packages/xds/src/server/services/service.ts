import type { DescService } from "@bufbuild/protobuf";
import type { Snapshot } from "../../cache/snapshot.ts";
import type { NodeIdentity } from "../source.ts";
import type { ResourceStatus } from "../status.ts";
import type { Connection, ServerStream } from "../transport.ts";

/** Work on one request that is done in steps, between which others have their turn. */
export type Steps<T = void> = Generator<undefined, T>;

/** What is left to be done for a request; `undefined`: nothing. */
export type Work = Steps | Steps<Promise<void> | undefined> | Promise<void> | undefined;

/** What a method's call wants to hear. */
export interface CallHandler {
  /**
   * One request. Steps of work that it leaves are taken in slices of the event loop; the next request comes after them.
   * A promise, at once or from the steps: its answer comes later. Some requests wait so at a time; the call's regular end waits for them.
   *
   * @throws WireError, EnvoyApiError `bytes_invalid`: the call ends with `INVALID_ARGUMENT`
   */
  onRequest(message: Uint8Array): Work;
  /** No more requests will come: to be answered by the call's end. */
  onEnd(): void;
  /** The client has taken what was queued for it; see `StreamHandler`. */
  onDrain?(): void;
  /** The call is over, for whatever reason; called once, last. */
  onClose?(): void;
}

/** One method of a {@link GrpcService}. Made by `unary`, `serverStreaming`, `clientStreaming` or `bidiStreaming`. */
export interface ServedMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  /** Whether a call has exactly one request; more or none are refused before the handler sees them. */
  readonly takesOne: boolean;
  /** Takes up a call. Answers go to the stream. */
  open(stream: ServerStream): CallHandler;
}

/** A gRPC service beside discovery: its description, and its methods as they are served. */
export interface GrpcService {
  readonly desc: DescService;
  readonly methods: readonly ServedMethod[];
}

/** A client, and what it has of each resource. */
export interface ConnectedClient {
  readonly node: NodeIdentity;
  /** Whether one of its streams is on that connection. */
  isOn(connection: Connection): boolean;
  /** Every resource that it asks for, or was sent. */
  resources(): Iterable<ResourceStatus>;
}

/** What a service sees of the server that it is part of. */
export interface ServiceHost {
  /** Whether proxies are answered: every source has loaded (protocol.md O6), and the server does not drain. */
  readonly isServing: boolean;
  /** Full names of every service on this port, discovery included. */
  readonly serviceNames: readonly string[];
  /** The services beside discovery. */
  readonly services: readonly GrpcService[];
  /** The group that serves a node; `undefined`: none. */
  groupOf(node: NodeIdentity): string | undefined;
  /** Connected clients, observers included. */
  clients(): Iterable<ConnectedClient>;
  /** The newest snapshot of a group; `undefined`: none is known. */
  snapshotOf(group: string): Snapshot | undefined;
  /** Tells of every change of {@link isServing}; returns the function that stops it. */
  onServingChange(listener: () => void): () => void;
}

/** Makes a service for the server that it becomes part of. */
export type ServiceFactory = (host: ServiceHost) => GrpcService;
