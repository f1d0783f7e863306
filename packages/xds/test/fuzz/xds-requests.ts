/** Encoders written for the fuzzer alone, so that a fault in the server's own is not repeated here. */

/** What both kinds of request hold. */
export interface RequestFields {
  readonly nodeId?: string;
  readonly typeUrl?: string;
  readonly nonce?: string;
  readonly error?: string;
}

/** A `DiscoveryRequest`. */
export function sotwRequest(
  fields: RequestFields & { readonly names?: readonly string[]; readonly version?: string },
): Buffer {
  const { nodeId = "", typeUrl = "", nonce = "", error = "", names = [], version = "" } = fields;
  return Buffer.concat([
    textField(1, version),
    nodeId === "" ? none : bytesField(2, textField(1, nodeId)),
    ...names.map((name) => bytesField(3, Buffer.from(name))),
    textField(4, typeUrl),
    textField(5, nonce),
    error === "" ? none : bytesField(6, textField(2, error)),
  ]);
}

/** A `DeltaDiscoveryRequest`. */
export function deltaRequest(
  fields: RequestFields & {
    readonly subscribe?: readonly string[];
    readonly unsubscribe?: readonly string[];
    readonly versions?: readonly (readonly [string, string])[];
  },
): Buffer {
  const { nodeId = "", typeUrl = "", nonce = "", error = "", subscribe = [], unsubscribe = [], versions = [] } = fields;
  return Buffer.concat([
    nodeId === "" ? none : bytesField(1, textField(1, nodeId)),
    textField(2, typeUrl),
    ...subscribe.map((name) => bytesField(3, Buffer.from(name))),
    ...unsubscribe.map((name) => bytesField(4, Buffer.from(name))),
    ...versions.map(([name, version]) => bytesField(5, Buffer.concat([textField(1, name), textField(2, version)]))),
    textField(6, nonce),
    error === "" ? none : bytesField(7, textField(2, error)),
  ]);
}

/** A length-delimited field. */
export function bytesField(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

const none = Buffer.alloc(0);

function textField(number: number, text: string): Buffer {
  return text === "" ? none : bytesField(number, Buffer.from(text));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
