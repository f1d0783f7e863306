import { Health, HealthCheckResponse_ServingStatus as Serving } from "@fairlead/envoy-api/grpc/health/v1/health_pb";
import { status } from "../../grpc/status.ts";
import { serverStreaming, unary } from "./methods.ts";
import type { ServiceFactory, ServiceHost } from "./service.ts";

/**
 * `grpc.health.v1.Health`: whether this server answers proxies, for the server as a whole (`""`) and, alike, for each of
 * its services by name. It serves once every source has loaded (protocol.md O6), until it drains.
 *
 * @see protocol.md S5; gRPC's health checking protocol
 */
export function healthService(): ServiceFactory {
  return (host) => ({
    desc: Health,
    methods: [
      unary(Health.method.check, ({ service }) => {
        if (isServed(host, service)) return { reply: { status: statusOf(host) } };
        return { refusal: status("NOT_FOUND", `no service ${service} here`) };
      }),
      serverStreaming(Health.method.watch, ({ service }, replies) => {
        if (!isServed(host, service)) {
          replies.send({ status: Serving.SERVICE_UNKNOWN }); // and it stays open: that is the protocol's
          return { onClose: () => {} };
        }
        const tell = () => replies.send({ status: statusOf(host) });
        tell();
        return { onClose: host.onServingChange(tell) };
      }),
      unary(Health.method.list, () => {
        const names = ["", ...host.serviceNames];
        return { reply: { statuses: Object.fromEntries(names.map((name) => [name, { status: statusOf(host) }])) } };
      }),
    ],
  });
}

function isServed({ serviceNames }: ServiceHost, service: string): boolean {
  return service === "" || serviceNames.includes(service);
}

function statusOf({ isServing }: ServiceHost): Serving {
  return isServing ? Serving.SERVING : Serving.NOT_SERVING;
}
