import { type LookupAddress, lookup } from "node:dns";
import type { LookupFunction } from "node:net";

/**
 * The system's way to look names up, which asks once for each name: thousands of connections at once would wait in line for
 * its four threads. A failure is not remembered.
 */
export function rememberLookups(): LookupFunction {
  const known = new Map<string, Promise<LookupAddress[]>>();
  return (host, options, callback) => {
    let answer = known.get(host);
    if (answer === undefined) {
      answer = lookUpAll(host);
      known.set(host, answer);
      answer.catch(() => known.delete(host));
    }
    answer.then(
      (addresses) => {
        const [first] = addresses as [LookupAddress];
        if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };
}

function lookUpAll(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });
}
