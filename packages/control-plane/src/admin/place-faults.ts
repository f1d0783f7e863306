import type { FastifyRequest } from "fastify";
import type { Fault } from "../validation/fault.ts";
import { createLocator } from "./locate.ts";

/** More faults than that are counted, not shown. */
const MAX_LOCATED = 100;

/** Faults of a request's body, with the line and column that their pointers lead to, and pointers as the body spells them. */
export function placeFaults(faults: readonly Fault[], request: FastifyRequest): Fault[] {
  const locate = createLocator(request.bodyText);
  return faults.map((fault, index) => {
    const isPlaced = fault.file !== undefined || fault.line !== undefined;
    return isPlaced || fault.pointer === "" || index >= MAX_LOCATED ? fault : { ...fault, ...locate(fault.pointer) };
  });
}
