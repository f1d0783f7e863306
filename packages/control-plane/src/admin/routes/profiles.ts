import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { renderFlameGraph } from "../../profiles/flame-graph.ts";
import { INDEX_PAGE } from "../../profiles/index-page.ts";
import { writeCpuPprof, writeHeapPprof } from "../../profiles/write-pprof.ts";
import type { AdminContext } from "../context.ts";
import { HeapQuery, ProfileQuery } from "../schemas/profiles.ts";
import { withProblems } from "../schemas/with-problems.ts";

const TAGS = ["profiles"];
const ONE_AT_A_TIME =
  "One profile at a time: 409 with `Retry-After` while another is taken. It ends early when the asker hangs up, or the " +
  "control plane ends.";
const PAUSE =
  "Taken by a sample each millisecond, for 1 to 3 % more CPU. The start stands still while functions are named: some " +
  "100 ms with a heap of 66 MB, 260 with 187.";

const PPROF = { "application/octet-stream": { schema: z.string().meta({ format: "binary" }) } };
const PAGE = { "text/html": { schema: z.string() } };

/** Where the time goes and what holds memory, on the running server. */
export function profileRoutes({ profiler }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/debug/pprof/",
      {
        schema: {
          operationId: "listProfiles",
          summary: "Which profiles there are",
          tags: TAGS,
          response: { 200: { description: "A page with a link to each.", content: PAGE } },
        },
      },
      async (_request, reply) => sendPage(reply, INDEX_PAGE),
    );

    app.get(
      "/debug/pprof/profile",
      {
        exposeHeadRoute: false, // a HEAD would take a profile to throw it away
        schema: {
          operationId: "profileCpu",
          summary: "Where the CPU time goes",
          description:
            "In pprof's format, gzipped: `go tool pprof URL` reads it. By stack: `samples`, `wall` (time) and `cpu` (time " +
            `without waiting, adding up to what the system says that the thread had). ${PAUSE} ${ONE_AT_A_TIME}`,
          tags: TAGS,
          querystring: ProfileQuery,
          response: withProblems({ 200: { description: "The profile.", content: PPROF } }, 400, 409, 503),
        },
      },
      async ({ query }, reply) => {
        const stacks = await profiler.cpu(query.seconds, endOf(reply));
        return sendPprof(reply, "cpu", await writeCpuPprof(stacks));
      },
    );

    app.get(
      "/debug/pprof/heap",
      {
        exposeHeadRoute: false,
        schema: {
          operationId: "profileHeap",
          summary: "Who allocated what is in use",
          description:
            "In pprof's format, gzipped. One allocation in 512 KiB is sampled from the start of the process on, at no cost " +
            "that could be measured; what is gone again is left out. `inuse_space` is an estimate of the JavaScript heap " +
            "alone: encoded resources are buffers outside of it, whose size is among the comments (`go tool pprof " +
            `-comments\`). ${ONE_AT_A_TIME}`,
          tags: TAGS,
          querystring: HeapQuery,
          response: withProblems({ 200: { description: "The profile.", content: PPROF } }, 400, 409, 503),
        },
      },
      async ({ query }, reply) => {
        const stacks = await profiler.heap(query.seconds, endOf(reply));
        return sendPprof(reply, "heap", await writeHeapPprof(stacks));
      },
    );

    app.get(
      "/debug/flamegraph",
      {
        exposeHeadRoute: false,
        schema: {
          operationId: "showFlameGraph",
          summary: "Where the CPU time goes, as a page",
          description: `A flame graph and the functions that take most, on a page that needs nothing else. ${PAUSE} ${ONE_AT_A_TIME}`,
          tags: TAGS,
          querystring: ProfileQuery,
          response: withProblems({ 200: { description: "The page.", content: PAGE } }, 400, 409, 503),
        },
      },
      async ({ query }, reply) => {
        const stacks = await profiler.cpu(query.seconds, endOf(reply));
        return sendPage(reply, renderFlameGraph(stacks));
      },
    );
  };
}

/** Aborted when whoever asked is gone. */
function endOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  raw.once("close", () => gone.abort());
  return gone.signal;
}

function sendPprof(reply: FastifyReply, name: string, bytes: Uint8Array): FastifyReply {
  return reply
    .type("application/octet-stream")
    .header("content-disposition", `attachment; filename="fairlead-${name}.pb.gz"`)
    .header("cache-control", "no-store")
    .header("x-content-type-options", "nosniff")
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .type("text/html; charset=utf-8")
    .header("cache-control", "no-store")
    .header("x-content-type-options", "nosniff")
    .header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'",
    )
    .send(html);
}
