// Whole states on bare `node:tls`: what a connection costs before anything is spoken on it.
import { runPeer } from "../node/program.ts";
import { serveTls } from "./serve.ts";

await runPeer({ name: "tls", library: `OpenSSL ${process.versions.openssl}`, serve: serveTls });
