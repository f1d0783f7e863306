import type { Version } from "../workload/content.ts";
import type { Window } from "../workload/window.ts";
import { bytesField, type NameFields, stringField } from "./name-fields.ts";

const NODE = { sotw: 0x12, delta: 0x0a } as const;
const TYPE_URL = { sotw: 0x22, delta: 0x12 } as const;
const NONCE = { sotw: 0x2a, delta: 0x32 } as const;
const ERROR = { sotw: 0x32, delta: 0x3a } as const;
const UNSUBSCRIBE = 0x22;
const INITIAL_VERSIONS = 0x2a;

/**
 * What a client asks for: everything (`*` or, as Envoys ask for clusters, by naming nothing), or the names of a window. Clients that
 * ask for the same share the object, and the last ACK that was made for it.
 */
export interface Asked {
  readonly window: Window | "everything";
  ack?: PreparedAck;
}

/** An ACK whose nonce, at its end, is written over. */
interface PreparedAck {
  readonly bytes: Buffer;
  readonly version: Version;
  readonly outSlot: number;
  readonly nonceLength: number;
}

/** How requests look. */
export interface RequestOptions {
  readonly mode: "sotw" | "delta";
  readonly typeUrl: string;
  readonly names: NameFields;
  /** The wildcard is said with `*`; else, as Envoys do for clusters, by naming nothing. */
  readonly isWildcardNamed: boolean;
  /** The `message` of the `error_detail` in NACKs. */
  readonly rejection: string;
}

/**
 * Makes requests. ACKs are what a server's cost is made of, and ours: their constant part is made once and copied; where the
 * last ACK differs in the nonce only, just that is written.
 */
export class Requests {
  private readonly mode: "sotw" | "delta";
  private readonly names: NameFields;
  private readonly typeField: Buffer;
  private readonly errorField: Buffer;
  private readonly star: readonly Uint8Array[];

  constructor({ mode, typeUrl, names, isWildcardNamed, rejection }: RequestOptions) {
    this.mode = mode;
    this.names = names;
    this.typeField = stringField(TYPE_URL[mode], typeUrl);
    const status = Buffer.concat([Buffer.of(0x08, INVALID_ARGUMENT), stringField(0x12, rejection)]);
    this.errorField = bytesField(ERROR[mode], status);
    this.star = isWildcardNamed ? [stringField(NAMES, "*")] : [];
  }

  /** The first request of a stream: with the node and, where the client has been here before, what it holds. */
  first(
    node: Uint8Array,
    asked: Asked,
    held: { readonly version: Version; readonly versions: Iterable<HeldVersion> },
  ): Buffer {
    const nodeField = bytesField(NODE[this.mode], node);
    if (this.mode === "sotw") {
      return Buffer.concat([held.version.field, nodeField, ...this.namePieces(asked, -1), this.typeField]);
    }
    const initial = [...held.versions].map(({ name, version }) => {
      return bytesField(INITIAL_VERSIONS, Buffer.concat([stringField(0x0a, name), bytesField(0x12, version.bytes)]));
    });
    return Buffer.concat([nodeField, this.typeField, ...this.namePieces(asked, -1), ...initial]);
  }

  /** An ACK. The bytes hold until the next call. */
  acknowledge(asked: Asked, outSlot: number, version: Version, nonce: Uint8Array, start: number, end: number): Buffer {
    const length = end - start;
    let ack = asked.ack;
    if (ack?.version !== version || ack.outSlot !== outSlot || ack.nonceLength !== length) {
      const bytes = Buffer.concat(this.ackPieces(asked, outSlot, version, new Uint8Array(length)));
      ack = { bytes, version, outSlot, nonceLength: length };
      asked.ack = ack;
    }
    const { bytes } = ack;
    for (let at = start, to = bytes.length - length; at < end; at++, to++) bytes[to] = nonce[at]!;
    return bytes;
  }

  /** A NACK: the version is the last one accepted. */
  reject(asked: Asked, outSlot: number, version: Version, nonce: Uint8Array): Buffer {
    return Buffer.concat([
      ...(this.mode === "sotw" ? [version.field, ...this.namePieces(asked, outSlot)] : []),
      this.typeField,
      bytesField(NONCE[this.mode], nonce),
      this.errorField,
    ]);
  }

  /** SotW: says the names anew, without the one at `outSlot` (-1: all). */
  rename(asked: Asked, outSlot: number, version: Version, nonce: Uint8Array): Buffer {
    return Buffer.concat(this.ackPieces(asked, outSlot, version, nonce));
  }

  /** Delta: asks for a name, or for it no longer. */
  subscription(name: string, verb: "subscribe" | "unsubscribe"): Buffer {
    return Buffer.concat([this.typeField, stringField(verb === "subscribe" ? NAMES : UNSUBSCRIBE, name)]);
  }

  /** The nonce comes last, where it can be written over. */
  private ackPieces(asked: Asked, outSlot: number, version: Version, nonce: Uint8Array): Uint8Array[] {
    const nonceField = bytesField(NONCE[this.mode], nonce);
    if (this.mode === "delta") return [this.typeField, nonceField];
    return [version.field, ...this.namePieces(asked, outSlot), this.typeField, nonceField];
  }

  private namePieces(asked: Asked, outSlot: number): readonly Uint8Array[] {
    return asked.window === "everything" ? this.star : this.names.pieces(asked.window, outSlot);
  }
}

/** A resource that a client holds, for `initial_resource_versions`. */
export interface HeldVersion {
  readonly name: string;
  readonly version: Version;
}

const NAMES = 0x1a;
const INVALID_ARGUMENT = 3;
