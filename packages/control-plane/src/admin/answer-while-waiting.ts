import { createServer } from "node:http";
import type { HostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";
import { PROBLEM_TYPE, problemOf } from "./problem.ts";
import { readinessOf } from "./readiness.ts";

/** When to ask again, s. */
const RETRY_AFTER_S = 1;

/** Answers at the admin API's address for as long as the store has not been read. */
export interface WaitingAnswers {
  /** Says why, from now on; returns whether that was still wanted. */
  tell(why: string): boolean;
  /** Lets the address go. */
  close(): Promise<void>;
}

/** Listens once there is something to tell; an address that is taken is noticed when the admin API itself wants it. */
export function answerWhileWaiting({ host, port }: HostPort, store: string): WaitingAnswers {
  const sinceMs = Date.now();
  let reason: string | undefined;
  let isOver = false;
  const server = createServer((request, response) => {
    response.setHeader("retry-after", RETRY_AFTER_S);
    const send = (status: number, type: string, body: object) => {
      response.writeHead(status, { "content-type": type, connection: "close" }).end(JSON.stringify(body));
    };
    const json = "application/json; charset=utf-8";
    const path = request.url?.split("?")[0];
    if (path === "/healthz") return send(200, json, { status: "ok" });
    if (path === "/readyz") return send(503, json, readinessWithout(store, reason ?? "", sinceMs));
    const error = new FairleadError("store-unavailable", `the store has not been read yet: ${reason}`);
    send(503, PROBLEM_TYPE, problemOf(error));
  });
  server.on("error", () => {});
  return {
    tell(why) {
      if (isOver) return false;
      if (reason === undefined) server.listen({ host, port });
      reason = why;
      return true;
    },
    async close() {
      if (isOver) return;
      isOver = true;
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readinessWithout(name: string, trouble: string, troubledSinceMs: number) {
  const status = { name, isDurable: true, isShared: true, isReachable: false, trouble, troubledSinceMs, waiting: 0 };
  const document = readinessOf([], false, [], { status, revision: 0 });
  return { ...document, ready: false, reasons: [`the store has not been read yet: ${trouble}`] };
}
