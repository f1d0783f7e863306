// gRPC servers that answer with their name, in a process of their own: `backends.ts` starts it and reads the ports it sends.
import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { WHO } from "./who-service.ts";

const [count, first] = process.argv.slice(2).map(Number) as [number, number];
const ports = await Promise.all(Array.from({ length: count }, (_, index) => listen(`b${first + index}`)));
process.send!(ports);
process.on("disconnect", () => process.exit(0));

async function listen(name: string): Promise<number> {
  const server = new Server();
  const ask = ((_call: unknown, answer: (error: null, name: string) => void) =>
    answer(null, name)) as UntypedHandleCall;
  server.addService(WHO, { ask });
  return await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}
