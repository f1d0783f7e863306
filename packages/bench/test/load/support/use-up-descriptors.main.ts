import { openConnection } from "../../../src/load/transport/connection.ts";

// Opens connections until one fails, and says how: started with few descriptors.
const endpoint = { host: "127.0.0.1", port: Number(process.argv[2]) };
for (let count = 0; count < 100; count++) {
  openConnection(endpoint, {
    onEnd: ({ kind, message }) => {
      process.stdout.write(`${kind} ${message}\n`);
      process.exit(0);
    },
  });
}
