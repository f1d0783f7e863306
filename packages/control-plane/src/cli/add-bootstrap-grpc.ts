import type { Command } from "commander";
import { addressArgument } from "./address-argument.ts";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";

/** Adds `fairlead bootstrap grpc` to `fairlead bootstrap`. */
export function addBootstrapGrpc(bootstrap: Command): void {
  const grpc = bootstrap
    .command("grpc")
    .summary("for gRPC clients and servers (xds:///)")
    .description(
      "Prints the bootstrap of gRPC's xDS clients and servers; GRPC_XDS_BOOTSTRAP names the file that holds it. The\n" +
        "address is asked of the running control plane, unless --xds gives it. What to heed goes to standard error.",
    )
    .option("-n, --node <id>", "node id", "demo")
    .option("--cluster <name>", "node cluster", "demo")
    .option("--locality <region/zone/subzone>", "where the node runs; parts may be missing from the right")
    .option("--metadata <key=value...>", "node metadata, for group rules")
    .option(
      "--xds <host:port>",
      "the xDS server as the program reaches it (default: ask, else 127.0.0.1:18000)",
      addressArgument,
    )
    .option("--ca <file>", "connect over TLS and trust this certificate authority (PEM); not with Node")
    .option("--cert <file>", "client certificate (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .option(
      "--server-listener-template [name]",
      "for gRPC servers: names of their listeners, `%s` is the address (default: grpc/server?xds.resource.listening_address=%s)",
    )
    .option("--authority <name...>", "authorities of xdstp:// names that this server answers for")
    .option(
      "--provider <name=ca,cert,key...>",
      "certificate providers for TLS between services, by the name that clusters and listeners use: PEM files, or the CA only",
    )
    .option("--ignore-resource-deletion", "keep using what the control plane no longer knows; not with Node")
    .option("--trusted", "let routes rewrite the authority and the like")
    .addOption(adminOption())
    .action(async (options) => {
      const { bootstrapGrpc } = await import("./bootstrap.ts");
      await bootstrapGrpc(options);
    });
  examples(grpc, [
    ["fairlead bootstrap grpc --node shop-1 > xds.json", "then GRPC_XDS_BOOTSTRAP=xds.json ./client xds:///shop"],
    ["fairlead bootstrap grpc --server-listener-template", "for an xDS-enabled gRPC server"],
    ["fairlead bootstrap grpc --locality eu/a --metadata team=web", "a node that group rules can tell"],
  ]);
}
