import { TYPE_URLS } from "@fairlead/envoy-api";
import { type Client, subscriptionsOf } from "./client-state.ts";
import { isCollective } from "./interest.ts";

/** As gRPC clients do, which ask for clusters only when they have routes, and by the names that these refer to. */
export function namesListeners(client: Client): boolean {
  const listeners = subscriptionsOf(client, TYPE_URLS.listener);
  return listeners.length > 0 && !listeners.some(({ interest }) => isCollective(interest));
}
