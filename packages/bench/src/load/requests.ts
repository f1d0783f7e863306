import { NO_VERSION, type Version } from "../workload/content.ts";
import type { Window } from "../workload/window.ts";
import { bytesField, type NameFields, stringField } from "./name-fields.ts";

const NODE = { sotw: 0x12, delta: 0x0a } as const;
const TYPE_URL = { sotw: 0x22, delta: 0x12 } as const;
const NONCE = { sotw: 0x2a, delta: 0x32 } as const;
const ERROR = { sotw: 0x32, delta: 0x3a } as const;
const UNSUBSCRIBE = 0x22;
const INITIAL_VERSIONS = 0x2a;

/** What a client asks for: `*` (or nothing at all, as Envoys ask for clusters), or the names of its window. */
export type Asked = { readonly kind: "wildcard" } | { readonly kind: "names"; readonly window: Window };

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
  private ack = Buffer.allocUnsafeSlow(256);
  private ackView: Buffer = this.ack;
  private ackVersion: Version | undefined;
  private ackAsked: Asked | undefined;
  private ackOutSlot = -1;
  private ackNonceLength = -1;

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
    const isAlike =
      version === this.ackVersion &&
      asked === this.ackAsked &&
      outSlot === this.ackOutSlot &&
      length === this.ackNonceLength;
    if (!isAlike) this.prepareAck(asked, outSlot, version, length);
    const { ackView } = this;
    for (let at = start, to = ackView.length - length; at < end; at++, to++) ackView[to] = nonce[at]!;
    return ackView;
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

  private prepareAck(asked: Asked, outSlot: number, version: Version, length: number): void {
    const pieces = this.ackPieces(asked, outSlot, version, new Uint8Array(length));
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (size > this.ack.length) this.ack = Buffer.allocUnsafeSlow(2 * size);
    let at = 0;
    for (const piece of pieces) {
      this.ack.set(piece, at);
      at += piece.length;
    }
    this.ackView = this.ack.subarray(0, size);
    this.ackVersion = version;
    this.ackAsked = asked;
    this.ackOutSlot = outSlot;
    this.ackNonceLength = length;
  }

  /** The nonce comes last, where it can be written over. */
  private ackPieces(asked: Asked, outSlot: number, version: Version, nonce: Uint8Array): Uint8Array[] {
    const nonceField = bytesField(NONCE[this.mode], nonce);
    if (this.mode === "delta") return [this.typeField, nonceField];
    return [version.field, ...this.namePieces(asked, outSlot), this.typeField, nonceField];
  }

  private namePieces(asked: Asked, outSlot: number): readonly Uint8Array[] {
    return asked.kind === "wildcard" ? this.star : this.names.pieces(asked.window, outSlot);
  }
}

/** A resource that a client holds, for `initial_resource_versions`. */
export interface HeldVersion {
  readonly name: string;
  readonly version: Version;
}

/** No version, no resources: a client that was never here. */
export const NOTHING_HELD = { version: NO_VERSION, versions: [] as readonly HeldVersion[] };

const NAMES = 0x1a;
const INVALID_ARGUMENT = 3;
