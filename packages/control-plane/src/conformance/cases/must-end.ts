import { StatusCode } from "@fairlead/xds";
import { describeStatus } from "../describe.ts";
import type { CallEnd, Trial } from "../trial.ts";

/** A call must have ended with one of these codes. */
export function mustEnd(t: Trial, { status }: CallEnd, ...names: readonly (keyof typeof StatusCode)[]): void {
  const isExpected = names.some((name) => StatusCode[name] === status.code);
  t.must(isExpected, `the call to end with ${names.join(" or ")}`, describeStatus(status));
}
