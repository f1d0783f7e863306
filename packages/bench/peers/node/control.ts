import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesOf, changeSnapshot, type Snapshot } from "./snapshot.ts";

/** Marks have 12 digits. */
const MAX_SEQUENCE = 999_999_999_999;

/** The control port of a peer: takes changes, one after the other, and holds the newest snapshot. */
export interface Control {
  readonly port: number;
  readonly latest: () => Snapshot;
}

/** Serves `POST /change` and `GET /state` on 127.0.0.1; `onChange` is called once the newest snapshot is another. */
export async function startControl(port: number, first: Snapshot, onChange: () => void): Promise<Control> {
  let latest = first;
  const server = createServer((request, response) => {
    request.resume(); // a body is not looked at
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const asked = `${request.method} ${pathname}`;
    if (asked === "GET /state") return void reply(response, 200, describe(latest));
    if (asked !== "POST /change") {
      return void reply(response, 404, "there are POST /change?sequence=N&resource=I and GET /state\n");
    }
    const change = readChange(searchParams, latest.shape.resources);
    if (typeof change === "string") return void reply(response, 400, `${change}\n`);
    latest = changeSnapshot(latest, change.sequence, change.touched);
    reply(response, 204);
    onChange();
  });
  server.listen({ port, host: "127.0.0.1" });
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, latest: () => latest };
}

function describe(snapshot: Snapshot): string {
  const { sequence, shape } = snapshot;
  const { type, resources, endpoints } = shape;
  return JSON.stringify({ sequence, type, resources, endpoints, bytes: bytesOf(snapshot) });
}

/** A text says what is wrong. */
function readChange(
  parameters: URLSearchParams,
  resources: number,
): { readonly sequence: number; readonly touched: readonly number[] | "all" } | string {
  const sequence = readNumber(parameters.get("sequence"));
  if (!(sequence >= 1 && sequence <= MAX_SEQUENCE)) return `sequence: a number from 1 to ${MAX_SEQUENCE}`;
  const given = parameters.get("resource");
  if (given === "all") return { sequence, touched: "all" };
  const touched = given?.split(",").map(readNumber);
  if (touched?.every((index) => index < resources)) return { sequence, touched };
  return `resource: numbers from 0 to ${resources - 1} with commas between them, or all`;
}

function readNumber(text: string | null): number {
  return /^\d+$/.test(text ?? "") ? Number(text) : Number.NaN;
}

function reply(response: ServerResponse, status: number, body = ""): void {
  if (status === 204) response.writeHead(204).end();
  else response.writeHead(status, { "content-type": status === 200 ? "application/json" : "text/plain" }).end(body);
}
