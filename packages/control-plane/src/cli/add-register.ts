import { type Command, Option } from "commander";
import { adminOption } from "./admin-option.ts";
import { examples } from "./examples.ts";
import { secondsArgument } from "./seconds-argument.ts";
import { wholeArgument } from "./whole-argument.ts";

/** Adds `fairlead register` and `fairlead deregister` to the command line. */
export function addRegister(program: Command): void {
  const register = program
    .command("register")
    .summary("register an instance of a service")
    .description(
      "Registers an instance, or replaces all that is known of it, and ends when that is kept: options that are left out go back to\n" +
        "their defaults. Asked again before the TTL runs out it is a heartbeat: for scripts; a service had better announce itself.",
    )
    .argument("<service>", "the service")
    .argument("<instance>", "the instance's id, unique within the service")
    .argument("<address>", "where it listens: HOST:PORT")
    .option("--weight <n>", "share of the load, 1 to 128 (default: 1)", wholeArgument(1, 128))
    .option("--region <name>", "the region it is in")
    .option("--zone <name>", "the zone it is in")
    .option("--ttl <seconds>", "how long it stays without a heartbeat (default: the server's)", secondsArgument)
    .addOption(
      new Option("--status <status>", "what it says of itself").choices(["UP", "DRAINING", "DOWN"]).default("UP"),
    )
    .addOption(adminOption())
    .action(async (service: string, instance: string, address: string, options) => {
      const { register } = await import("./register.ts");
      await register(service, instance, address, options);
    });
  examples(register, [
    ["fairlead register web web-1 10.0.0.7:8080 --zone a", "one instance"],
    ["fairlead register web web-1 10.0.0.7:8080 --status DRAINING", "it is to take nothing new"],
  ]);
  const deregister = program
    .command("deregister")
    .summary("take an instance of a service away")
    .description("Deregisters an instance, and ends when that is kept. To lose no request, let it drain before.")
    .argument("<service>", "the service")
    .argument("<instance>", "the instance's id")
    .addOption(adminOption())
    .action(async (service: string, instance: string, options) => {
      const { deregister } = await import("./register.ts");
      await deregister(service, instance, options);
    });
  examples(deregister, [["fairlead deregister web web-1", "it is gone"]]);
}
