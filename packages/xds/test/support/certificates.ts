import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { bits, der, integer, octets, oid, sequence, set, utcTime, utf8, yes } from "./der.ts";

/** A certificate with its key, made for one test: no file, no tool, no secret. */
export interface TestCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly name: string;
  readonly privateKey: KeyObject;
}

/** An alternative name: `["DNS", "localhost"]`, `["URI", "spiffe://…"]`, `["IP", "127.0.0.1"]`. */
export type AlternativeName = readonly ["DNS" | "URI" | "IP", string];

/** What a certificate says. */
export interface CertificateOptions {
  readonly sans?: readonly AlternativeName[];
  /** Who signs it. Left out: itself, as an authority. */
  readonly issuer?: TestCertificate;
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const dayMs = 86_400_000;

/** Makes a certificate on P-256, valid from yesterday to tomorrow. */
export function makeCertificate(name: string, { sans = [], issuer }: CertificateOptions = {}): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    ...(issuer === undefined ? [extension("2.5.29.19", yes, sequence(yes))] : []),
    ...(sans.length > 0 ? [extension("2.5.29.17", Buffer.alloc(0), sequence(...sans.map(generalName)))] : []),
  ];
  const now = Date.now();
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    distinguishedName(issuer?.name ?? name),
    sequence(utcTime(new Date(now - dayMs)), utcTime(new Date(now + dayMs))),
    distinguishedName(name),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign("sha256", toBeSigned, issuer?.privateKey ?? privateKey);
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bits(signature));
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { cert: pem(certificate), key, name, privateKey };
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))));
}

function extension(id: string, critical: Buffer, value: Buffer): Buffer {
  return sequence(oid(id), critical, octets(value));
}

function generalName([kind, value]: AlternativeName): Buffer {
  if (kind === "IP") return der(0x87, Buffer.from(value.split(".").map(Number)));
  return der(kind === "DNS" ? 0x82 : 0x86, Buffer.from(value, "latin1"));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
