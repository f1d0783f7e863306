import { H2Error } from "../errors.ts";
import { readUint32 } from "./read-uint32.ts";
import { defaultMaxFrameBytes, largestMaxFrameBytes, largestWindowBytes } from "./types.ts";

/** Identifiers of settings. @see RFC 9113, section 6.5.2; 8: RFC 8441 */
export const SettingId = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
  ENABLE_CONNECT_PROTOCOL: 8,
} as const;

/**
 * Reads the settings of a SETTINGS frame, in their order; identifiers that nobody knows are passed on too.
 * The payload is `chunk` from `start` to `end`, a multiple of 6 bytes.
 * @throws {H2Error} for a value that its setting cannot have
 */
export function readSettings(
  chunk: Uint8Array,
  start: number,
  end: number,
  onSetting: (id: number, value: number) => void,
): void {
  for (let at = start; at < end; at += 6) {
    const id = (chunk[at]! << 8) | chunk[at + 1]!;
    const value = readUint32(chunk, at + 2);
    checkSetting(id, value);
    onSetting(id, value);
  }
}

function checkSetting(id: number, value: number): void {
  if (id === SettingId.ENABLE_PUSH && value > 1) {
    throw new H2Error("protocol-error", `SETTINGS_ENABLE_PUSH is 0 or 1, and was ${value}`);
  }
  if (id === SettingId.INITIAL_WINDOW_SIZE && value > largestWindowBytes) {
    throw new H2Error("flow-control-error", `SETTINGS_INITIAL_WINDOW_SIZE is at most 2^31 - 1, and was ${value}`);
  }
  if (id === SettingId.MAX_FRAME_SIZE && (value < defaultMaxFrameBytes || value > largestMaxFrameBytes)) {
    throw new H2Error("protocol-error", `SETTINGS_MAX_FRAME_SIZE is 2^14 to 2^24 - 1, and was ${value}`);
  }
}
