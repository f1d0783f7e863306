/** The part of an `envoy.config.core.v3.ConfigSource` that says where it leads. */
export interface ConfigSource {
  readonly configSourceSpecifier: { readonly case: string | undefined };
}

/** True for a config source that leads to an xDS server: `ads`, `self`, `api_config_source`; not to a file. */
export function isXdsSource(source: ConfigSource | undefined): boolean {
  const kind = source?.configSourceSpecifier.case;
  return kind === "ads" || kind === "self" || kind === "apiConfigSource";
}
