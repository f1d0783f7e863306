import type { Schema } from "@fairlead/envoy-api";
import type { Change, StreamStatus, XdsResponse } from "@fairlead/xds";
import { aroundChanges, diffLines } from "../history/diff-lines.ts";
import { resourceJson } from "../resources/show.ts";
import { paint } from "./colours.ts";
import { formatDiff, indent } from "./format-diff.ts";
import { resourceText } from "./resource-text.ts";
import { shortType } from "./short-type.ts";
import { printable } from "./table.ts";

/** Prints what a watch sees. */
export interface WatchPrinter {
  /** A response came that changed these. */
  response(response: XdsResponse, changed: readonly Change[], removed: readonly string[]): void;
  /** How the stream is doing. */
  status(status: StreamStatus): void;
  /** Something a person should know. */
  note(text: string): void;
}

/** Prints for people: the whole of what is new, the difference of what changed. */
export function createTextPrinter(schema: Schema, write: (text: string) => void): WatchPrinter {
  const line = (text: string) => write(`${paint("dim", timeOfDay())} ${text}\n`);

  const show = ({ resource, previous }: Change) => {
    const heading = `${shortType(resource.typeUrl)} ${printable(resource.name)}`;
    const text = resourceText(schema, resource);
    if (!previous) return write(`  ${paint("green", `+ ${heading}`)}\n${indent(text)}\n`);
    const diff = diffLines(resourceText(schema, previous), text);
    return write(`  ${paint("yellow", `~ ${heading}`)}\n${formatDiff(aroundChanges(diff))}\n`);
  };

  return {
    response(response, changed, removed) {
      const type = shortType(response.typeUrl);
      line(`${paint("bold", type)} ${summary(response, changed.length + removed.length)}`);
      for (const change of changed) show(change);
      for (const name of removed) write(`  ${paint("red", `- ${type} ${printable(name)}`)}\n`);
      for (const { name, code, message } of response.errors) {
        write(`  ${paint("red", `! ${type} ${printable(name)}: ${printable(message)} (code ${code})`)}\n`);
      }
    },
    status(status) {
      const text = statusText(status);
      if (text !== undefined) line(text);
    },
    note: line,
  };
}

/** Prints for programs: one JSON object a line. */
export function createJsonPrinter(schema: Schema, write: (text: string) => void): WatchPrinter {
  const print = (event: object) => write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
  return {
    response({ typeUrl, errors }, changed, removed) {
      for (const { resource, previous } of changed) {
        const { name, version } = resource;
        const event = previous ? "changed" : "added";
        print({ event, typeUrl, name, version, resource: resourceJson(schema, resource) });
      }
      for (const name of removed) print({ event: "removed", typeUrl, name });
      for (const error of errors) print({ event: "error", typeUrl, ...error });
    },
    status(status) {
      const text = statusText(status);
      if (text !== undefined) print({ event: "status", message: text });
    },
    note: (message) => print({ event: "status", message }),
  };
}

function summary(response: XdsResponse, news: number): string {
  const parts = [`${response.resources.length} resource${response.resources.length === 1 ? "" : "s"}`];
  if (response.version !== "") parts.push(`version ${printable(response.version)}`);
  if (news === 0) parts.push("nothing new");
  return parts.join(", ");
}

function statusText(status: StreamStatus): string | undefined {
  if (status.kind === "open") return "connected";
  if (status.kind !== "waiting") return undefined;
  const { code, message } = status.status;
  const reason = message === "" ? `gRPC status ${code}` : printable(message);
  return `disconnected: ${reason}; again in ${(status.delayMs / 1000).toFixed(1)} s`;
}

function timeOfDay(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const ms = String(now.getMilliseconds()).padStart(3, "0");
  return `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}.${ms}`;
}
