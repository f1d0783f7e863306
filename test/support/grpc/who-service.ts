import type { ServiceDefinition } from "@grpc/grpc-js";

/** The one method of the tests: `google.protobuf.StringValue` in and out; the answer is the server's name. */
export const ASK = "/fairlead.test.Who/Ask";

/** {@link ASK} as grpc-js wants it. Requests are empty; an answer is a name. */
export const WHO: ServiceDefinition = {
  ask: {
    path: ASK,
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: () => ({}), // grpc-js takes what is falsy for no message at all
    responseSerialize: writeName,
    responseDeserialize: readName,
  },
};

/** Encodes a `StringValue` of fewer than 128 bytes. */
export function writeName(name: string): Buffer {
  const bytes = Buffer.from(name);
  return Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]);
}

/** Decodes what {@link writeName} wrote. */
export function readName(bytes: Buffer): string {
  return bytes.toString("utf8", 2);
}
