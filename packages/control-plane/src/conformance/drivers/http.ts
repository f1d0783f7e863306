import { FairleadError } from "../../errors.ts";
import { Unsupported } from "../mismatch.ts";
import type { Driver, NodeState } from "./driver.ts";

/** Where the state is set over HTTP. `{node}` in a URL stands for the node's name, percent-encoded. */
export interface HttpDriverOptions {
  readonly putUrl: string;
  readonly deleteUrl?: string | undefined;
  /** Default `PUT`. */
  readonly method?: string | undefined;
  /** What is sent. Default: `{node, version, resources}`. */
  readonly body?: (state: NodeState) => unknown;
  /** How it is named in messages. Default `http`. */
  readonly title?: string;
}

/** A change that takes longer was lost. */
const TIMEOUT_MS = 30_000;
/** The beginning of an answer that is told, characters. */
const MAX_QUOTED = 300;
/** The answer of a server that has no such resources. */
const NOT_IMPLEMENTED = 501;

/** Sets the state by a request per change; a status of 200 to 299 means that it is taken, 501 that there is no such thing. */
export function httpDriver(options: HttpDriverOptions): Driver {
  const { putUrl, deleteUrl, method = "PUT", body = (state) => state, title = "http" } = options;
  for (const url of [putUrl, deleteUrl]) if (url !== undefined) checkUrl(url, title);

  const send = async (as: string, template: string, node: string, content?: unknown) => {
    const url = template.replaceAll("{node}", encodeURIComponent(node));
    const response = await request(as, url, title, content);
    const text = await response.text();
    if (response.ok) return;
    const answer = `${as} ${url} was answered ${response.status}: ${text.slice(0, MAX_QUOTED)}`;
    if (response.status === NOT_IMPLEMENTED)
      throw new Unsupported(`the driver can't set that: ${text.slice(0, MAX_QUOTED)}`);
    throw new FairleadError("driver-failed", answer);
  };
  return {
    title: `${title}: ${method} ${putUrl}`,
    set: (state) => send(method, putUrl, state.node, body(state)),
    async forget(node) {
      if (deleteUrl === undefined) return false;
      try {
        await send("DELETE", deleteUrl, node);
        return true;
      } catch (error) {
        if (error instanceof Unsupported) return false;
        throw error;
      }
    },
    async close() {},
  };
}

async function request(method: string, url: string, title: string, content: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(content !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(content) }),
    });
  } catch (cause) {
    const { cause: inner } = cause as { cause?: { code?: string } };
    throw new FairleadError(
      "driver-failed",
      `${method} ${url}: no answer (${inner?.code ?? (cause as Error).message}): is the ${title} driver's address right, and does it listen?`,
      { cause },
    );
  }
}

function checkUrl(url: string, title: string): void {
  const example = "http://127.0.0.1:8080/state/{node}";
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new FairleadError("usage", `${JSON.stringify(url)} is no URL for the ${title} driver: ${example}`);
  }
  if (!url.includes("{node}")) {
    throw new FairleadError("usage", `${url} lacks {node}, which stands for the node whose state is set: ${example}`);
  }
}
