/** `@fairlead/h2`: HTTP/2 as pure state machines, bytes in, events out: made for very many streams that mostly idle. */
export { ClientConnection } from "./client/connection.ts";
export type { ConnectionHandler, Goaway, StreamEnd, StreamHandler } from "./client/handlers.ts";
export { type ClientOptions, defaultClientOptions } from "./client/options.ts";
export type { ClientStream } from "./client/stream.ts";
export { H2Error, type H2ErrorCode } from "./errors.ts";
export type { Direction, Sent } from "./flow/send-side.ts";
export { ByteWriter } from "./frames/byte-writer.ts";
export { ErrorCode, type ErrorCodeValue, errorCodeName } from "./frames/error-codes.ts";
export { type DecodedHeaders, type HeaderListLimits, HpackDecoder } from "./hpack/decoder.ts";
export { type EncodeOptions, encodeHeaders } from "./hpack/encoder.ts";
export { type HeaderList, headerValue } from "./hpack/header-list.ts";
