import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { decode, loadSchema, schemaFrom, typeUrlOf } from "@fairlead/envoy-api";
import { redactJson } from "../src/resources/redact.ts";
import { redactBytes } from "../src/resources/redact-bytes.ts";

const schema = loadSchema();
const TLS = "envoy.extensions.transport_sockets.tls.v3";

/** The resource as it is shown: encoded, redacted, decoded. */
function shown(typeName: string, json: JsonObject): JsonValue {
  const desc = schema.messageOf(typeName)!;
  const { registry } = schema;
  const redacted = redactBytes(schema, typeUrlOf(typeName), toBinary(desc, fromJson(desc, json, { registry })));
  assert.ok(redacted);
  return toJson(desc, decode(desc, redacted), { registry });
}

test("keys and passwords are replaced, whether they are strings or bytes, and the rest stays", () => {
  const certificate = {
    certificateChain: { filename: "/certs/chain.pem" },
    privateKey: { inlineString: "a private key" },
    password: { inlineBytes: Buffer.from("a password").toString("base64") },
  };
  assert.deepEqual(shown(`${TLS}.Secret`, { name: "s", tlsCertificate: certificate }), {
    name: "s",
    tlsCertificate: {
      certificateChain: { filename: "/certs/chain.pem" },
      privateKey: { inlineString: "[redacted]" },
      password: { inlineBytes: Buffer.from("[redacted]").toString("base64") },
    },
  });
  const keys = [{ inlineString: "k".repeat(80) }, { inlineBytes: Buffer.alloc(80).toString("base64") }];
  assert.doesNotMatch(JSON.stringify(shown(`${TLS}.Secret`, { name: "t", sessionTicketKeys: { keys } })), /kkk|AAAA/);
});

test("secrets within an Any are replaced, and what cannot be seen through is emptied", () => {
  const context = {
    "@type": typeUrlOf(`${TLS}.UpstreamTlsContext`),
    sni: "example.test",
    commonTlsContext: { tlsCertificates: [{ privateKey: { inlineString: "a private key" } }] },
  };
  const typed = {
    "@type": typeUrlOf("xds.type.v3.TypedStruct"),
    typeUrl: typeUrlOf(`${TLS}.DownstreamTlsContext`),
    value: { commonTlsContext: { tlsCertificates: [{ privateKey: { inlineString: "hidden in a struct" } }] } },
  };
  const cluster = shown("envoy.config.cluster.v3.Cluster", {
    name: "c",
    connectTimeout: "1s",
    transportSocket: { name: "tls", typedConfig: context },
    typedExtensionProtocolOptions: { struct: typed },
  });
  const text = JSON.stringify(cluster);
  assert.match(text, /"sni":"example.test"/);
  assert.match(text, /"inlineString":"\[redacted\]"/);
  assert.doesNotMatch(text, /a private key|hidden/);
});

test("the admin API sees through a struct in whose clothes a known type is, in either spelling of its fields", () => {
  const common = {
    tls_certificates: [{ privateKey: { inline_string: "hidden" } }],
    alpn_protocols: ["h2"],
    newer_than_the_schema: { password: "hidden too", tries: 3 },
  };
  const typed = (typeName: string) => ({
    "@type": typeUrlOf("xds.type.v3.TypedStruct"),
    typeUrl: typeUrlOf(typeName),
    value: { common_tls_context: common },
  });
  const json = redactJson(schema, {
    "@type": typeUrlOf("envoy.config.cluster.v3.Cluster"),
    name: "c",
    transportSocket: { name: "tls", typedConfig: typed(`${TLS}.UpstreamTlsContext`) },
    typedExtensionProtocolOptions: { own: typed("acme.Unknown") },
  }) as { readonly transportSocket: JsonValue; readonly typedExtensionProtocolOptions: JsonValue };
  assert.match(JSON.stringify(json.transportSocket), /"inline_string":"\[redacted\]".*"h2".*"\[redacted\]","tries":3/);
  assert.doesNotMatch(JSON.stringify(json), /hidden/);
  // What nobody knows may be a secret: its shape is shown, and no text in it.
  const { own } = json.typedExtensionProtocolOptions as { own: { typeUrl: string; value: JsonValue } };
  assert.equal(own.typeUrl, typeUrlOf("acme.Unknown"));
  assert.match(JSON.stringify(own.value), /"alpn_protocols":\["\[redacted\]"\].*"tries":3/);
});

test("a type that the schema lacks is not shown, nor anything where no field is marked as sensitive", () => {
  assert.equal(redactBytes(schema, "type.googleapis.com/example.Unknown", new Uint8Array([8, 1])), undefined);
  assert.equal(redactBytes(schema, typeUrlOf(`${TLS}.Secret`), new Uint8Array([0xff])), undefined);
  assert.equal(redactBytes(schemaFrom(new Uint8Array()), typeUrlOf(`${TLS}.Secret`), new Uint8Array()), undefined);
});
