import { create, toBinary } from "@bufbuild/protobuf";
import { frameMessage } from "@fairlead/xds";
import { AnnounceResponseSchema } from "../../../gen/fairlead/registry/v1/registry_pb.js";
import type { Refusal } from "../registry.ts";

/** The bytes of field 1, `id`, but for its value. */
const ID = Uint8Array.of(0x08);

/**
 * An `AnnounceResponse`, framed.
 *
 * @param id the varint of the request that it answers; empty: that had none
 * @param revision 0: nothing was to be kept
 */
export function announceResponse(id: Uint8Array, refusals: readonly Refusal[], revision: number): Buffer<ArrayBuffer> {
  const rest = refusals.length === 0 && revision === 0 ? NOTHING : encode(refusals, revision);
  const parts = id.length === 0 ? [rest] : [ID, id, rest];
  return frameMessage(Buffer.concat(parts));
}

const NOTHING = new Uint8Array();

function encode(refusals: readonly Refusal[], revision: number): Uint8Array {
  const told = refusals.map(({ key, code, message }) => ({ key: keyMessage(key), code, message }));
  return toBinary(
    AnnounceResponseSchema,
    create(AnnounceResponseSchema, { refusals: told, revision: BigInt(revision) }),
  );
}

/** What was refused may be for its numbers, which are then not to be had as such. */
function keyMessage({ service, id, incarnation, sequence }: Refusal["key"]) {
  return { service, id, incarnation: int64(incarnation), sequence: int64(sequence) };
}

function int64(value: number): bigint {
  return Number.isSafeInteger(value) ? BigInt(value) : 0n;
}
