import type { Findings } from "./fault.ts";
import { type Json, messageIn, typeIn } from "./json.ts";

const TLS = "envoy.extensions.transport_sockets.tls.v3";
const UPSTREAM = `${TLS}.UpstreamTlsContext`;
const DOWNSTREAM = `${TLS}.DownstreamTlsContext`;

/** TLS of a cluster: certificates come from providers that the bootstrap names (gRFC A29). */
export function checkClientTls(findings: Findings, socket: Json, pointer: string): void {
  const context = contextIn(findings, socket, pointer, UPSTREAM);
  if (!context) return;
  const common = messageIn(context, "commonTlsContext");
  const at = `${pointer}/typedConfig/commonTlsContext`;
  const validation = checkCommon(findings, common, at);
  if (validation.caCertificateProviderInstance === undefined && validation.systemRootCerts === undefined) {
    const message = "a validation context needs a ca_certificate_provider_instance, which the bootstrap defines";
    findings.refused("tls-provider", at, message, "A29");
  }
}

/** TLS of a server's filter chain (gRFC A29, A36). */
export function checkServerTls(findings: Findings, socket: Json, pointer: string): void {
  const context = contextIn(findings, socket, pointer, DOWNSTREAM);
  if (!context) return;
  const at = `${pointer}/typedConfig`;
  if (context.requireSni === true)
    findings.refused("tls", `${at}/requireSni`, "gRPC servers know no require_sni", "A29");
  if (context.ocspStaplePolicy !== undefined)
    findings.refused("tls", `${at}/ocspStaplePolicy`, "gRPC servers know LENIENT_STAPLING only", "A29");
  const common = messageIn(context, "commonTlsContext");
  checkCommon(findings, common, `${at}/commonTlsContext`);
  if (common.tlsCertificateProviderInstance === undefined) {
    const message = "a server needs a tls_certificate_provider_instance, which the bootstrap defines";
    findings.refused("tls-provider", `${at}/commonTlsContext`, message, "A29");
  }
}

function contextIn(findings: Findings, socket: Json, pointer: string, type: string): Json | undefined {
  const config = messageIn(socket, "typedConfig");
  if (typeIn(config) === type) return config;
  findings.refused("transport-socket", pointer, `gRPC knows the transport socket ${type} only`, "A29");
  return undefined;
}

function checkCommon(findings: Findings, common: Json, pointer: string): Json {
  for (const field of ["tlsParams", "customHandshaker"]) {
    if (common[field] !== undefined) findings.refused("tls", `${pointer}/${field}`, "gRPC has no such choice", "A29");
  }
  if (common.tlsCertificateProviderInstance === undefined) {
    for (const field of ["tlsCertificates", "tlsCertificateSdsSecretConfigs"]) {
      if (common[field] === undefined) continue;
      const message =
        "gRPC takes no certificates by xDS: name a provider of the bootstrap, tls_certificate_provider_instance";
      findings.refused("tls-provider", `${pointer}/${field}`, message, "A29");
    }
  }
  if (common.validationContextSdsSecretConfig !== undefined) {
    const at = `${pointer}/validationContextSdsSecretConfig`;
    findings.refused("tls-provider", at, "gRPC takes no secrets by SDS: use ca_certificate_provider_instance", "A29");
  }
  const combined = messageIn(common, "combinedValidationContext");
  const [validation, at] =
    common.combinedValidationContext === undefined
      ? [messageIn(common, "validationContext"), `${pointer}/validationContext`]
      : [
          messageIn(combined, "defaultValidationContext"),
          `${pointer}/combinedValidationContext/defaultValidationContext`,
        ];
  for (const field of UNKNOWN_CHECKS) {
    if (validation[field] !== undefined) findings.refused("tls", `${at}/${field}`, "gRPC has no such check", "A29");
  }
  return validation;
}

const UNKNOWN_CHECKS = [
  "verifyCertificateSpki",
  "verifyCertificateHash",
  "requireSignedCertificateTimestamp",
  "crl",
  "customValidatorConfig",
];
