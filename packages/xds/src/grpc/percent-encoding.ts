const printable = /^[\x20-\x24\x26-\x7e]*$/;
const utf8 = new TextDecoder();

/**
 * Encodes a `grpc-message`: printable ASCII but `%` stays, every other byte of its UTF-8 becomes `%XX`.
 * @see gRPC over HTTP/2, "Responses"
 */
export function encodeGrpcMessage(message: string): string {
  if (printable.test(message)) return message;
  let encoded = "";
  for (const byte of Buffer.from(message, "utf8")) {
    encoded += isPlain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Decodes a `grpc-message`. Never fails: what is not a valid escape is taken as it stands, as the specification asks. */
export function decodeGrpcMessage(encoded: string): string {
  if (!encoded.includes("%")) return encoded;
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at++) {
    const hex = encoded.slice(at + 1, at + 3);
    if (encoded[at] === "%" && /^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      bytes.push(...Buffer.from(encoded[at] as string, "utf8"));
    }
  }
  return utf8.decode(Uint8Array.from(bytes));
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
}
