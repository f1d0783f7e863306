/** One resource's mention of another, as found by the reference table. */
export interface Reference {
  /** Type URL of what is referred to (`type.googleapis.com/envoy.config.cluster.v3.Cluster`, …). */
  readonly typeUrl: string;
  readonly name: string;
  /** Where in the referring resource, a JSON pointer in ProtoJSON's camelCase names. */
  readonly pointer: string;
  /** Tells config sources of the same name apart: equal digests, equal sources. Only where the mention has one. */
  readonly source?: string;
}

/** What the protocol engine must know of a resource's content. Computed once per content. */
export interface ResourceFacts {
  /**
   * What it refers to and expects from *this* server: clusters by name; endpoints, routes, secrets, extension
   * configurations and scopes only where their config source is xDS (`ads`, `self`, `api_config_source`), not a path.
   */
  readonly references: readonly Reference[];
  /** A cluster that becomes usable without any sign on a stream of its own (DNS, health checks, SDS). */
  readonly warmsSilently: boolean;
  /** Holds an `Any` whose type the schema lacks, so that `references` may be incomplete. */
  readonly isOpaque: boolean;
  /** A virtual host's domains. Only there. */
  readonly domains?: readonly string[];
  /** A listener that is an `api_listener`, without an address to listen on: for gRPC clients, which name it. Only there. */
  readonly isApiListener?: true;
}

/** Facts of a resource that refers to nothing. */
export const NO_FACTS: ResourceFacts = { references: [], warmsSilently: false, isOpaque: false };
