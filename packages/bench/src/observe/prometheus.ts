import { BenchError } from "../errors.ts";
import { nowMs } from "../run/clock.ts";
import type { Observer, ServerSample } from "./observer.ts";
import { readPrometheusText } from "./prometheus-text.ts";

const CPU = "process_cpu_seconds_total";
const RSS = "process_resident_memory_bytes";
/** A scrape may take so long, ms. */
const SCRAPE_MS = 2_000;
/** A page may be so long. */
const MAX_PAGE_BYTES = 16 * 2 ** 20;

/**
 * Watches a server by its Prometheus metrics.
 *
 * @throws BenchError `target-unreachable` when the page can't be had, `bad-plan` when it lacks what is needed
 */
export async function observePrometheus(url: string): Promise<Observer> {
  let fault: string | undefined;
  const sample = async (): Promise<ServerSample | null> => {
    try {
      fault = undefined;
      return await scrape(url);
    } catch (error) {
      fault = messageOf(error);
      return null;
    }
  };
  try {
    await scrape(url);
  } catch (error) {
    if (error instanceof BenchError) throw error;
    const mend = "does the server listen there, and is it the metrics' own port?";
    throw new BenchError("target-unreachable", `server.prometheus: ${url}: ${messageOf(error)}: ${mend}`, {
      cause: error,
    });
  }
  return {
    source: "prometheus",
    sample,
    get fault() {
      return fault;
    },
  };
}

async function scrape(url: string): Promise<ServerSample> {
  const response = await fetch(url, {
    headers: { accept: "text/plain;version=0.0.4" },
    signal: AbortSignal.timeout(SCRAPE_MS),
  });
  const text = await readPage(response);
  const atMs = nowMs();
  if (!response.ok) throw new Error(`answered ${response.status}`);
  const values = readPrometheusText(text, [CPU, RSS]);
  const missing = [CPU, RSS].filter((name) => !values.has(name));
  if (missing.length > 0) {
    const mend = "use server.pid, or another URL";
    throw new BenchError("bad-plan", `server.prometheus: ${url} has no ${missing.join(" and no ")}: ${mend}`);
  }
  return { atMs, cpuMs: values.get(CPU)! * 1_000, rssBytes: values.get(RSS)!, threads: null };
}

async function readPage(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_PAGE_BYTES) throw new Error(`its page is longer than ${MAX_PAGE_BYTES / 2 ** 20} MiB`);
  }
  return text;
}

/** `fetch failed` says nothing: its cause does. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${SCRAPE_MS / 1_000} s`;
  return error.cause instanceof Error ? error.cause.message || (error.cause as { code?: string }).code! : error.message;
}
