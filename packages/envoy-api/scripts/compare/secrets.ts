import { type Json, typed } from "./json.ts";
import type { Random } from "./random.ts";

/** A valid secret; certificates are left out, since making one takes longer than all the rest. */
export function secret(random: Random, name: string): Json {
  const holds = random.pick<Json>([
    { generic_secret: { secret: { inline_string: "hush" } } },
    { generic_secret: { secret: { inline_bytes: "aHVzaA==" } } },
    { session_ticket_keys: { keys: [{ inline_bytes: Buffer.alloc(80, 1).toString("base64") }] } },
    {
      validation_context: {
        match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "a" } }],
        trusted_ca: { filename: "/etc/ssl/certs/ca-certificates.crt" },
      },
    },
  ]);
  return { ...typed("envoy.extensions.transport_sockets.tls.v3.Secret"), name, ...holds };
}

/** A valid `CommonTlsContext`. */
export function tlsContext(random: Random): Json {
  return {
    ...random.maybe(0.5, () => ({
      tls_params: {
        tls_minimum_protocol_version: "TLSv1_2",
        tls_maximum_protocol_version: random.pick(["TLSv1_2", "TLSv1_3"]),
      },
    })),
    ...random.maybe(0.5, () => ({ alpn_protocols: ["h2", "http/1.1"] })),
    ...random.maybe(0.3, () => ({
      validation_context_sds_secret_config: { name: "ca", sds_config: { path_config_source: { path: "/dev/null" } } },
    })),
  };
}
