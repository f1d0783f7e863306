import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A self-signed certificate and its key, PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
  /** As `getPeerCertificate().serialNumber` spells it. */
  readonly serialNumber: string;
}

const OID = {
  commonName: "0603550403",
  subjectAltName: "0603551d11",
  ecdsaWithSha256: "06082a8648ce3d040302",
};

/** Makes a certificate for one DNS name, valid from yesterday for ten days. Node can sign, but not write X.509. */
export function makeCertificate(dnsName: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = Buffer.concat([Buffer.of(0x01), randomBytes(8)]); // the first byte keeps it positive and fixed in length
  const algorithm = sequence(hex(OID.ecdsaWithSha256));
  const name = sequence(tagged(0x31, sequence(hex(OID.commonName), tagged(0x0c, Buffer.from(dnsName)))));
  const altNames = sequence(tagged(0x82, Buffer.from(dnsName)));
  const toSign = sequence(
    tagged(0xa0, hex("020102")), // version 3
    tagged(0x02, serial),
    algorithm,
    name,
    sequence(time(-1), time(9)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(sequence(hex(OID.subjectAltName), tagged(0x04, altNames)))),
  );
  const signature = sign("sha256", toSign, privateKey);
  const der = sequence(toSign, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  return {
    certificate: pem(der),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    serialNumber: serial.toString("hex").toUpperCase(),
  };
}

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items));
}

function time(daysFromNow: number): Buffer {
  const at = new Date(Date.now() + daysFromNow * 86_400_000);
  return tagged(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-:T]/g, "")}Z`));
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
