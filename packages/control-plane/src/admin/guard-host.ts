import type { FastifyInstance } from "fastify";
import { isLoopback } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";

const LOOPBACK_HOST = /^(?:localhost|[^:]*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * While the admin API listens on loopback, refuses requests under a foreign host name: such a one comes from a web page
 * whose name was pointed here (DNS rebinding), and loopback is all that protects this API.
 */
export function guardHost(app: FastifyInstance, listenHost: string): void {
  if (!isLoopback(listenHost)) return;
  app.addHook("onRequest", (request, _reply, done) => {
    const { host } = request.headers;
    if (host === undefined || LOOPBACK_HOST.test(host)) return done();
    done(new FairleadError("host-foreign", "The admin API listens on loopback: address it as localhost or 127.0.0.1."));
  });
}
