import { BenchError } from "../errors.ts";
import { connectHttp, type HttpAnswer, type HttpConnection } from "./http-connection.ts";
import { type Instances, PORT } from "./instances.ts";
import type { Lane, Message, OnAnswer } from "./lane.ts";
import type { RegistryPlan } from "./plan.ts";

/** The admin API: a request for each instance, or one for all of a message (`batch`). A connection takes the next when it is answered. */
export function restLane(plan: RegistryPlan, instances: Instances): Lane {
  const { hostname, port, host } = new URL(plan.adminUrl);
  const connections: HttpConnection[] = [];
  const waiting: { readonly message: Message; readonly onAnswer: OnAnswer }[] = [];
  const requestOf = plan.way === "batch" ? batchRequests(instances, host) : singleRequests(instances, host);

  const start = (connection: HttpConnection, message: Message, onAnswer: OnAnswer) => {
    connection.send(requestOf(message), (answer) => {
      const next = waiting.shift();
      if (next) start(connection, next.message, next.onAnswer);
      onAnswer(...verdictOf(answer, message));
    });
  };
  return {
    send(message, onAnswer) {
      const connection = connections.find((one) => one.isIdle);
      if (connection) start(connection, message, onAnswer);
      else waiting.push({ message, onAnswer });
    },
    async open() {
      try {
        for (let left = plan.connections; left > 0; left--)
          connections.push(await connectHttp(hostname.replace(/^\[|\]$/g, ""), Number(port || 80)));
      } catch (cause) {
        const mend = "does the admin API listen there?";
        throw new BenchError("target-unreachable", `${plan.adminUrl}: ${(cause as Error).message}: ${mend}`, { cause });
      }
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}

function verdictOf(answer: HttpAnswer | undefined, { instances }: Message): [number, string | undefined] {
  if (answer === undefined) return [instances.length, "the connection was lost"];
  const { status, body } = answer;
  if (status >= 300) return [instances.length, `answered ${status}: ${body.slice(0, 300)}`];
  const refusals =
    status === 200 ? (JSON.parse(body) as { readonly refusals?: readonly unknown[] }).refusals : undefined;
  return refusals && refusals.length > 0 ? [refusals.length, JSON.stringify(refusals[0])] : [0, undefined];
}

type RequestOf = (message: Message) => Uint8Array;

const METHOD = { register: "PUT", heartbeat: "POST", deregister: "DELETE" } as const;

function singleRequests(instances: Instances, host: string): RequestOf {
  return ({ kind, sequence, instances: [instance = 0] }) => {
    const path = `/v1/services/${instances.serviceOf(instance)}/instances/${instances.idOf(instance)}`;
    const life = { incarnation: instances.incarnation, sequence };
    if (kind === "deregister")
      return request(host, `DELETE ${path}?incarnation=${life.incarnation}&sequence=${sequence}`);
    const body = kind === "heartbeat" ? life : { ...registrationOf(instances, instance), ...life };
    return request(host, `${METHOD[kind]} ${path}${kind === "heartbeat" ? "/heartbeat" : ""}`, body);
  };
}

const FIELD = { register: "register", heartbeat: "heartbeats", deregister: "deregister" } as const;

function batchRequests(instances: Instances, host: string): RequestOf {
  return ({ kind, sequence, instances: numbers }) => {
    const entries = numbers.map((instance) => ({
      service: instances.serviceOf(instance),
      id: instances.idOf(instance),
      incarnation: instances.incarnation,
      sequence,
      ...(kind === "register" && registrationOf(instances, instance)),
    }));
    return request(host, "POST /v1/announcements", { [FIELD[kind]]: entries });
  };
}

function registrationOf(instances: Instances, instance: number) {
  return { address: instances.addressOf(instance), port: PORT, ttlMs: instances.ttlMs };
}

function request(host: string, line: string, json?: unknown): Uint8Array {
  const head = `${line} HTTP/1.1\r\nhost: ${host}\r\n`;
  if (json === undefined) return Buffer.from(`${head}\r\n`);
  const body = JSON.stringify(json);
  return Buffer.from(
    `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
