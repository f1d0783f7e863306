import type { Json } from "../store/store.ts";

/** What an instance says of itself. `DRAINING`: it finishes what it has and takes nothing new. */
export type InstanceStatus = "UP" | "DRAINING" | "DOWN";

/** Where an instance is, from the largest to the smallest; empty: not said. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** Who an instance is, and which of its messages this is. */
export interface InstanceKey {
  readonly service: string;
  /** Unique within the service. */
  readonly id: string;
  /** Which life of the instance: larger after each start. Orders before `sequence`. 0: not said, as the one that is known; else now, in ms. */
  readonly incarnation: number;
  /** Grows with each message about the instance within one life. 0: not said, as the one after that known. */
  readonly sequence: number;
}

/** An instance as it announces itself. */
export interface Registration extends InstanceKey {
  /** An IP address or a host name. */
  readonly address: string;
  /** 1 to 65,535. */
  readonly port: number;
  /** Its host name where the address is an IP: what proxies say in `Host` when they rewrite it to the endpoint's, or check its health. Default: none. */
  readonly hostname?: string | undefined;
  /** Share of the load, 1 to 128. */
  readonly weight: number;
  readonly locality: Locality;
  /** For load balancing by subset. */
  readonly metadata: { readonly [key: string]: Json };
  readonly status: InstanceStatus;
  /** How long it stays without a heartbeat, ms. */
  readonly ttlMs: number;
}

/** An instance as the store keeps it, in the document {@link instanceDocumentKey}. Heartbeats don't change it: only what they cease or begin to say. */
export interface Instance extends Registration {
  /** Whether its heartbeats come. */
  readonly isHealthy: boolean;
  /** Id of the replica that hears its heartbeats. */
  readonly owner: string;
  /** How often it moved from one replica to another; absent: never. Makes each move another document. */
  readonly moves?: number;
}

/** The key of an instance's document. */
export function instanceDocumentKey(service: string, id: string): string {
  return `instances/${service}/${id}`;
}

/** The key of the document with what a service has of its own: templates, protocol, group. */
export function serviceDocumentKey(service: string): string {
  return `services/${service}`;
}
