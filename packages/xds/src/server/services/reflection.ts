import type { MessageInitShape, Registry } from "@bufbuild/protobuf";
import { loadSchema } from "@fairlead/envoy-api";
import {
  type ServerReflectionRequest as Request,
  ServerReflection,
  ServerReflectionRequestSchema,
  type ServerReflectionResponseSchema,
} from "@fairlead/envoy-api/grpc/reflection/v1/reflection_pb";
import { ServerReflection as ServerReflectionAlpha } from "@fairlead/envoy-api/grpc/reflection/v1alpha/reflection_pb";
import { StatusCode, status } from "../../grpc/status.ts";
import { DescriptorIndex } from "./descriptor-index.ts";
import { bidiStreaming, decodeAs } from "./methods.ts";
import type { ServiceFactory, ServiceHost } from "./service.ts";

/** Options of {@link reflectionServices}. */
export interface ReflectionOptions {
  /**
   * The types that are told of beside those of the services; asked at every call, so that it may change. Default: Envoy's
   * API as `@fairlead/envoy-api` has it, loaded when it is first asked for.
   */
  readonly registry?: () => Registry;
}

/**
 * `grpc.reflection.v1` and `v1alpha`: which services are here, and the descriptors of all that Envoy's API has, so that
 * `grpcurl` and the like need no `.proto` files.
 *
 * @see protocol.md S5; gRPC's server reflection protocol
 */
export function reflectionServices({ registry = defaultRegistry }: ReflectionOptions = {}): ServiceFactory[] {
  // v1alpha differs by its package's name only: the same fields under the same numbers.
  return [ServerReflection, ServerReflectionAlpha].map((desc) => (host) => ({
    desc,
    methods: [
      bidiStreaming({ ...ServerReflection.method.serverReflectionInfo, parent: desc }, (replies) => {
        /** A file goes once over each stream: nearly all import the same ones. */
        const sent = new Set<string>();
        return {
          onRequest: (bytes) => {
            const request = decodeAs(ServerReflectionRequestSchema, bytes);
            const answer = answerTo(host, indexOf(host, registry()), sent, request);
            if (answer) replies.send({ validHost: request.host, originalRequest: request, messageResponse: answer });
            else replies.end(status("INVALID_ARGUMENT", "the request asks for nothing: set one of message_request"));
          },
        };
      }),
    ],
  }));
}

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

function answerTo(
  host: ServiceHost,
  index: DescriptorIndex,
  sent: Set<string>,
  { messageRequest: asked }: Request,
): Answer | undefined {
  const files = (file: string | undefined, what: string): Answer => {
    if (file === undefined) return notFound(what);
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto: index.withImports(file, sent) } };
  };
  switch (asked.case) {
    case "fileByFilename":
      return files(index.hasFile(asked.value) ? asked.value : undefined, `no file ${asked.value}`);
    case "fileContainingSymbol":
      return files(index.fileOfSymbol(asked.value), `no symbol ${asked.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = asked.value;
      const file = index.fileOfExtension(containingType, extensionNumber);
      return files(file, `no extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionNumbers(asked.value);
      if (!extensionNumber) return notFound(`no message ${asked.value}`);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber } };
    }
    case "listServices": {
      // One that is listed and not described makes grpcurl give up on all.
      const described = host.serviceNames.filter((name) => index.fileOfSymbol(name) !== undefined);
      return { case: "listServicesResponse", value: { service: described.map((name) => ({ name })) } };
    }
    default:
      return undefined;
  }
}

function notFound(errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode: StatusCode.NOT_FOUND, errorMessage } };
}

const indexes = new WeakMap<ServiceHost, { readonly registry: Registry; readonly index: DescriptorIndex }>();

function indexOf(host: ServiceHost, registry: Registry): DescriptorIndex {
  const known = indexes.get(host);
  if (known?.registry === registry) return known.index;
  const index = new DescriptorIndex([registry, ...host.services.map(({ desc }) => desc.file)]);
  indexes.set(host, { registry, index });
  return index;
}

function defaultRegistry(): Registry {
  return loadSchema().registry;
}
