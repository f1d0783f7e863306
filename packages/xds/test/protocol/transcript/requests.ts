import type { DeltaRequest, SotwRequest } from "../../../src/protocol/request.ts";
import type { Sent } from "../../../src/protocol/subscription.ts";

/** What a client remembers of one type on one stream, so that its requests are short to write. */
export interface ClientMemory {
  names: readonly string[] | undefined;
  nonce: string;
  version: string;
}

/** A request's words, before it is known which protocol it is for. */
interface Words {
  readonly nonce: string | undefined;
  readonly version: string | undefined;
  readonly error: string | undefined;
  readonly names: readonly string[] | undefined;
  readonly unsubscribe: readonly string[];
  readonly initial: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string> | undefined;
}

type Responses = ReadonlyMap<string, Sent>;

/**
 * The SotW request of a `>` line. It repeats names, version and nonce as a client does, unless the line says otherwise;
 * `memory` is brought up to date.
 */
export function sotwRequest(typeUrl: string, line: string, memory: ClientMemory, responses: Responses): SotwRequest {
  const { nonce, version, error, names, parameters } = readWords(line, responses);
  const isSame = memory.names !== undefined && (names === undefined || names.join() === memory.names.join());
  memory.names = names ?? memory.names ?? [];
  memory.nonce = nonce ?? memory.nonce;
  memory.version = version ?? memory.version;
  return {
    typeUrl,
    versionInfo: memory.version,
    nonce: memory.nonce,
    resourceNames: isSame ? "same" : memory.names,
    parameters,
    errorDetail: error === undefined ? undefined : { code: 3, message: error },
  };
}

/** The delta request of a `>` line. */
export function deltaRequest(typeUrl: string, line: string, responses: Responses): DeltaRequest {
  const { nonce, error, names, unsubscribe, initial, parameters } = readWords(line, responses);
  return {
    typeUrl,
    nonce: nonce ?? "",
    subscribe: names ?? [],
    unsubscribe,
    parameters,
    initialResourceVersions: initial,
    errorDetail: error === undefined ? undefined : { code: 3, message: error },
  };
}

/** Reads `subscribe a b`, `unsubscribe c`, `initial a=1`, `ack n1`, `nack n1 "why"`, `nonce=n1`, `version=v1`, `version=@n1`. */
function readWords(line: string, responses: Responses): Words {
  const lists = {
    subscribe: undefined as string[] | undefined,
    unsubscribe: [] as string[],
    initial: [] as string[],
    with: undefined as string[] | undefined,
  };
  let list: keyof typeof lists | undefined;
  let [nonce, version, error]: (string | undefined)[] = [];
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const [, key, value = ""] = /^(nonce|version)=(.*)$/.exec(word) ?? [];
    if (word === "ack" || word === "nack") {
      nonce = words[++index];
      if (word === "nack") error = words[++index]!.slice(1, -1);
      else version = responses.get(nonce ?? "")?.plan.version;
    } else if (key === "nonce") nonce = value;
    else if (key === "version") version = value.startsWith("@") ? responses.get(value.slice(1))!.plan.version : value;
    else if (word === "subscribe" || word === "unsubscribe" || word === "initial" || word === "with") {
      list = word;
      lists[list] ??= [];
    } else if (list) lists[list]!.push(word);
    else throw new Error(`${word} is no part of a request`);
  }
  const initial = new Map(lists.initial.map(readVersion));
  const parameters = lists.with && new Map(lists.with.map(readVersion));
  return { nonce, version, error, names: lists.subscribe, unsubscribe: lists.unsubscribe, initial, parameters };
}

/** Reads `name=version`; an `xdstp://` name may hold `=` itself. */
function readVersion(text: string): [string, string] {
  const at = text.lastIndexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}
