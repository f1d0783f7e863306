import { freePort } from "../support/free-port.ts";
import { answeredOnlyBy, testGrpcClients } from "../support/grpc/lab.ts";
import { connectionManager } from "../support/grpc/resources.ts";
import type { Resource } from "../support/resources.ts";
import { waitFor } from "../support/wait-for.ts";

// gRFC A36: a gRPC server asks for the listener of its address, and serves when it has it and its routes.
testGrpcClients(
  "gRPC servers by xDS",
  {
    "serve when their listener is there, by the routes that it names, and follow these": async (stage) => {
      const { client, put, untilCalls, language } = stage;
      const port = await freePort();
      // grpc-java listens on every address.
      const host = language === "java" ? "0.0.0.0" : "127.0.0.1";
      await put([listener(host, port), routes("/")]);
      await client.serve(`${host}:${port}`, "me");
      await waitFor(
        () => `the server to serve: ${JSON.stringify(client.modes)}; its log: ${client.logPath}`,
        () => /^serving$/i.test(client.modes.at(-1)?.mode ?? ""),
      );
      await client.open("plain", `dns:///127.0.0.1:${port}`);
      await untilCalls("plain", "an answer by the server", answeredOnlyBy("me"));
      await put([listener(host, port), routes("/somewhere.Else/")]);
      await untilCalls("plain", "no answers without a route", ({ ok }) => ok === 0);
      await put([listener(host, port), routes("/")]);
      await untilCalls("plain", "an answer again", answeredOnlyBy("me"));
    },
  },
  { serverListenerTemplate: "grpc/server?xds.resource.listening_address=%s" },
);

function listener(host: string, port: number): Resource {
  return {
    "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
    name: `grpc/server?xds.resource.listening_address=${host}:${port}`,
    address: { socket_address: { address: host, port_value: port } },
    filter_chains: [{ name: "all", filters: [{ name: "http", typed_config: connectionManager({ rds: "served" }) }] }],
  };
}

function routes(prefix: string): Resource {
  return {
    "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    name: "served",
    virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix }, non_forwarding_action: {} }] }],
  };
}
