import { TYPE_URLS } from "@fairlead/envoy-api";
import { sizeOfBytesField, WireWriter } from "../../src/wire/writer.ts";

const HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const CATCH_ALL = field(1, field(1, "")); // match: { prefix: "" }

/**
 * The bytes of a route configuration, or of a listener with one inside, that has a virtual host with a route to each of
 * these clusters. `name` is the content of its name field, which tells equal ones apart.
 */
export function routedBytes(typeUrl: string, name: string, clusters: readonly string[]): Buffer {
  const routes = clusters.map((cluster) => field(3, Buffer.concat([CATCH_ALL, field(2, field(1, cluster))])));
  const host = field(2, Buffer.concat([field(1, "host"), field(2, "*"), ...routes]));
  if (typeUrl === TYPE_URLS.routes) return Buffer.concat([field(1, name), host]);
  const any = Buffer.concat([field(1, HCM), field(2, field(4, host))]);
  const inner = field(1, any);
  // Field 19 of a listener: its tag takes two bytes.
  return Buffer.concat([field(1, name), Buffer.from([0x9a, 0x01]), field(1, inner).subarray(1)]);
}

function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const writer = new WireWriter(sizeOfBytesField(bytes.length));
  writer.bytesField(number, bytes);
  return writer.finish();
}
