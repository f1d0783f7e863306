import { request } from "node:http";

/** The answer to one request. */
export interface Got {
  readonly status: number | undefined;
  /** The backend that answered. */
  readonly by: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Sends one request to 127.0.0.1 on a connection of its own. @throws when it is not answered within 5 s */
export function get(port: number, headers: Readonly<Record<string, string>> = {}): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const call = request({ port, host: "127.0.0.1", headers, agent: false, timeout: 5_000 });
  call.on("response", (response) => {
    const { statusCode: status, headers } = response;
    let by = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      by += text;
    });
    response.on("end", () => resolve({ status, by, headers }));
  });
  call.on("timeout", () =>
    call.destroy(new Error(`a request with ${JSON.stringify(headers)} was not answered within 5 s`)),
  );
  call.on("error", reject);
  call.end();
  return promise;
}
