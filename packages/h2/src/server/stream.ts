import { EndpointStream } from "../connection/stream.ts";
import { unknownLength } from "../headers/check-request.ts";
import type { RequestHandler } from "./handlers.ts";

/** One stream of a server. */
export class ServerStream extends EndpointStream {
  /** Who is told of it; nobody until `onRequest` has returned. */
  handler: RequestHandler | undefined = undefined;
  /** What is to come of the request's content-length, if it said one. */
  bodyLeft = unknownLength;
  /** Whether what comes is withheld from the stream's window. */
  isPaused = false;
}
