import { pointerTo } from "@fairlead/envoy-api";

/** The JSON pointer (RFC 6901) of a path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((pointer, segment) => pointerTo(pointer, String(segment)), "");
}
