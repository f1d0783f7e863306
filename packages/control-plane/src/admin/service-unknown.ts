import { FairleadError } from "../errors.ts";

/** The error of a service that nobody announces. */
export function serviceUnknown(service: string): FairleadError {
  const message = `There is no service ${service}: no instance announces itself, and it has no settings. 'fairlead get services' (GET /v1/services) lists those that are.`;
  return new FairleadError("service-unknown", message);
}
