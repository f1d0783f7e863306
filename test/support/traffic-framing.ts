/** How requests and responses look on the wire. Only what a test's client needs: one request at a time. */
export interface Framing {
  encode(path: string, isKept: boolean): string;
  /** The response, once it is there as a whole. */
  decode(received: string): Response | undefined;
}

/** One response. `isLast`: the server will close the connection. */
export interface Response {
  readonly isOk: boolean;
  readonly isGarbled: boolean;
  readonly isLast: boolean;
  readonly by: string;
}

/** HTTP/1.1, without pipelining. Who answered stands in the header `identity`. */
export function http1(identity: string): Framing {
  return {
    encode: (path, isKept) => `GET ${path} HTTP/1.1\r\nhost: test\r\n${isKept ? "" : "connection: close\r\n"}\r\n`,
    decode: (received) => decodeHttp1(received, identity),
  };
}

/** A line out, a line back that begins with who answered. */
export const lines: Framing = {
  encode: () => "ping\n",
  decode: (received) => {
    if (!received.endsWith("\n")) return undefined;
    const [by, echoed] = received.trimEnd().split(" ");
    return { isOk: echoed === "ping", isGarbled: echoed !== "ping", isLast: false, by: by! };
  },
};

function decodeHttp1(received: string, identity: string): Response | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [statusLine = "", ...fields] = received.slice(0, headEnd).split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const body = received.slice(headEnd + 4);
  const isChunked = headers.get("transfer-encoding") === "chunked";
  const isWhole = isChunked ? body.endsWith("0\r\n\r\n") : body.length >= Number(headers.get("content-length") ?? 0);
  if (!isWhole) return undefined;
  const status = /^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1];
  return {
    isOk: status === "200",
    isGarbled: status === undefined,
    isLast: headers.get("connection") === "close",
    by: headers.get(identity) ?? "",
  };
}
