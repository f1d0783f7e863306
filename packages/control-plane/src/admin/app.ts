import type { Socket } from "node:net";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyInstance } from "fastify";
import { jsonSchemaTransform, serializerCompiler } from "fastify-type-provider-zod";
import { FairleadError } from "../errors.ts";
import { answerProblems, answerUnreadablePath } from "./answer-problems.ts";
import { budgetBodies } from "./body-budget.ts";
import type { AdminContext } from "./context.ts";
import { guardHost } from "./guard-host.ts";
import { acceptJsonOnly } from "./json-body.ts";
import { countMethods } from "./method-not-allowed.ts";
import { OPENAPI_HEAD, tidyOpenApi } from "./openapi.ts";
import { PROBLEM_TYPE, problemOf } from "./problem.ts";
import { backupRoutes } from "./routes/backup.ts";
import { eventRoutes } from "./routes/events.ts";
import { groupRoutes } from "./routes/groups.ts";
import { healthRoutes } from "./routes/health.ts";
import { instanceRoutes } from "./routes/instances.ts";
import { nodeRoutes } from "./routes/nodes.ts";
import { profileRoutes } from "./routes/profiles.ts";
import { registryProtoRoutes } from "./routes/registry-proto.ts";
import { replicaRoutes } from "./routes/replicas.ts";
import { resourceRoutes } from "./routes/resources.ts";
import { revisionRoutes } from "./routes/revisions.ts";
import { rollbackRoutes } from "./routes/rollback.ts";
import { rulesRoutes } from "./routes/rules.ts";
import { serviceRoutes } from "./routes/services.ts";
import { sourceRoutes } from "./routes/sources.ts";
import { typeRoutes } from "./routes/types.ts";
import { validateByZod } from "./validate.ts";

/** A request's head and body must have arrived by then; waiting for ACKs comes after it, ms. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Connections of the admin API at a time. */
const MAX_CONNECTIONS = 1_000;

// Not imported: an `import` of it evaluates each of its exports, the WebSocket client too, which is 12 MB of memory.
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** Options of {@link createAdminApp}. */
export interface AdminOptions {
  /** Largest request body, bytes. */
  readonly maxBodyBytes: number;
  /** The host that it is going to listen on; on loopback, requests under foreign names are refused. */
  readonly listenHost: string;
}

/** Builds the admin API, not yet listening. */
export async function createAdminApp(context: AdminContext, options: AdminOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: options.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Idle connections must not hold up the end of the process.
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 4_096 },
    clientErrorHandler,
    frameworkErrors: answerUnreadablePath,
    // Without these Fastify loads its own compilers, Ajv among them, though it has no use for them.
    schemaController: { compilersFactory: { buildValidator: byZodAlone, buildSerializer: byZodAlone } },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.setValidatorCompiler(validateByZod);
  app.setSerializerCompiler(serializerCompiler);
  acceptJsonOnly(app);
  answerProblems(app, context.log);
  guardHost(app, options.listenHost);
  budgetBodies(app, options.maxBodyBytes);
  app.addHook("onResponse", ({ method, routeOptions }, { statusCode: status }, done) => {
    context.metrics.countRequest({ method, route: routeOptions.url ?? "none", status });
    done();
  });
  const methods = countMethods(app);

  await app.register(swagger, { openapi: OPENAPI_HEAD, transform: jsonSchemaTransform, transformObject: tidyOpenApi });
  await app.register(resourceRoutes(context));
  await app.register(serviceRoutes(context));
  await app.register(instanceRoutes(context));
  await app.register(registryProtoRoutes());
  await app.register(groupRoutes(context));
  await app.register(rulesRoutes(context));
  await app.register(sourceRoutes(context));
  await app.register(nodeRoutes(context));
  await app.register(replicaRoutes(context));
  await app.register(revisionRoutes(context));
  await app.register(rollbackRoutes(context));
  await app.register(backupRoutes(context));
  await app.register(eventRoutes(context));
  await app.register(typeRoutes(context));
  await app.register(healthRoutes(context));
  await app.register(profileRoutes(context));
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  methods.finish();
  await app.ready();
  return app;
}

/** Never asked: both compilers are set before the first route. */
function byZodAlone(): never {
  throw new Error("schemas of the admin API are zod's");
}

/** Bytes that are no HTTP request get a problem too, and the connection is closed. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const unreadable = new FairleadError("request-unreadable", error.message);
  const problem = problemOf(unreadable, { status });
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_TYPE}\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
