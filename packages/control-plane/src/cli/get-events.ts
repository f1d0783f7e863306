import { setTimeout } from "node:timers/promises";
import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import { madeBy } from "./made-by.ts";
import { readServerSentEvents, type ServerSentEvent } from "./server-sent-events.ts";
import { shortType } from "./short-type.ts";
import { printable } from "./table.ts";

/** Options of `fairlead get events`. */
export interface GetEventsOptions {
  readonly admin: string;
  readonly output: "text" | "json";
  readonly follow?: boolean;
  readonly group?: string;
  readonly types?: string;
}

/** A control plane that went away is asked again after so long, ms. */
const RETRY_MS = 1_000;

/** `fairlead get events`: what is remembered, or with `--follow` what happens, through restarts of the control plane. */
export async function getEvents(options: GetEventsOptions): Promise<void> {
  const client = createAdminClient(options.admin);
  const query = { group: options.group, types: options.types, follow: options.follow ? undefined : "false" };
  const show = options.output === "json" ? showJson : showText;
  if (!options.follow) {
    for await (const event of readServerSentEvents(await client.open("/v1/events", query))) show(event);
    return;
  }
  let lastId: string | undefined;
  let isFirst = true;
  for (;;) {
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { "last-event-id": lastId };
      for await (const event of readServerSentEvents(await client.open("/v1/events", query, headers))) {
        isFirst = false;
        lastId = event.id ?? lastId;
        show(event);
      }
    } catch (error) {
      // What never worked is told at once; what did is waited for.
      if (
        isFirst ||
        (error instanceof FairleadError && error.code !== "admin-unreachable" && error.code !== "too-busy")
      )
        throw error;
    }
    await setTimeout(RETRY_MS);
  }
}

function showJson({ type, data }: ServerSentEvent): void {
  if (type === "end" && data.reason === "complete") return;
  process.stdout.write(`${JSON.stringify({ event: type, ...data })}\n`);
}

function showText({ type, data }: ServerSentEvent): void {
  const text = textOf(type, data);
  if (text === undefined) return;
  const at = typeof data.at === "string" ? paint("dim", timeOfDay(data.at)) : paint("dim", "            ");
  process.stdout.write(`${at} ${text}\n`);
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of a server that may be newer
function textOf(type: string, data: any): string | undefined {
  const where = data.group === undefined ? "" : ` (${data.group})`;
  const typeUrl = typeof data.typeUrl === "string" ? shortType(data.typeUrl) : "";
  const say = (text: string) => printable(text);
  switch (type) {
    case "start":
      return say(`from here on nothing is missed; revision ${data.revision}`);
    case "reset":
      return paint("yellow", say(data.message));
    case "end":
      return data.reason === "complete" ? undefined : paint("yellow", say(data.message));
    case "revision": {
      const groups = data.groups.map((group: { group: string }) => group.group).join(", ");
      return `${paint("bold", "revision")} ${say(`${data.revision} by ${madeBy(data)}: ${groups}${data.reason ? `: ${data.reason}` : ""}`)}`;
    }
    case "converged": {
      const refused = data.rejected > 0 ? `, rejected by ${data.rejected}` : "";
      return paint(
        data.rejected > 0 ? "red" : "green",
        say(`converged ${data.revision}${where}: accepted by ${data.acked}${refused}, ${data.tookMs} ms`),
      );
    }
    case "connected":
      return say(`connected ${data.node}${where} from ${data.peer}`);
    case "disconnected":
      return say(`disconnected ${data.node}${where}: ${data.reason}`);
    case "acked":
      return say(`ACK ${data.node}${where} ${typeUrl} ${data.version}`);
    case "nacked":
      return paint("red", say(`NACK ${data.node}${where} ${typeUrl} ${data.version}: ${data.message}`));
    case "faulty": {
      const [first] = data.faults;
      return paint(
        "red",
        say(
          `faulty ${data.source}${where}: ${[first?.file, first?.line].filter(Boolean).join(":")} ${first?.message ?? ""}`,
        ),
      );
    }
    case "recovered":
      return paint("green", say(`recovered ${data.source}${where}`));
    default:
      return say(`${type} ${JSON.stringify(data)}`);
  }
}

function timeOfDay(at: string): string {
  const date = new Date(at);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
