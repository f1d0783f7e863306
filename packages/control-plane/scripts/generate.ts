// Compiles the .proto files that the control plane speaks: our own (proto/), and etcd's from the npm package etcd3.
// Ours are copied into gen/ too, since the running server shows them to whoever asks.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate, packageOf, replaced } from "../../../scripts/compile-protos.ts";

const PACKAGE = "etcd3";
const home = fileURLToPath(new URL("..", import.meta.url));

generate(home, ({ protos, out, buf }) => {
  cpSync(join(home, "proto"), protos, { recursive: true });
  cpSync(join(home, "proto"), out, { recursive: true });
  stageEtcd(join(protos, "etcd"));
  buf(["generate"]);
});

/** Imports become relative to the import root; options of a REST gateway go, for the package lacks what defines them. */
function stageEtcd(target: string): void {
  mkdirSync(target);
  for (const name of ["rpc", "kv", "auth"]) {
    let text = readFileSync(join(packageOf(PACKAGE, home), "proto", `${name}.proto`), "utf8");
    if (name === "rpc") {
      text = replaced(text, /import "\.\//g, 'import "etcd/', PACKAGE);
      text = replaced(text, /option \(google\.api\.http\) = \{(?:[^{}]|\{[^{}]*\})*\}\s*;/g, "", PACKAGE);
    }
    writeFileSync(join(target, `${name}.proto`), text);
  }
}
