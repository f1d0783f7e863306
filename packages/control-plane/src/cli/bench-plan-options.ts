import { type Command, Option } from "commander";

/** Adds the options that say what a run is to do; each stands for a setting of the plan's file, and goes over it. */
export function addPlanOptions(command: Command): Command {
  const option = (flags: string, about: string, choices: readonly string[] = []) => {
    const added = new Option(flags, about);
    // Not `choices()`: the plan's reader tells of a wrong word together with all else that is wrong.
    if (choices.length > 0) added.argChoices = [...choices];
    command.addOption(added);
  };
  const list = (flags: string, about: string) =>
    command.addOption(
      new Option(flags, about).argParser((text: string, before: readonly string[] = []) => [...before, text]),
    );

  option("-t, --target <host:port>", "the xDS server");
  option("--name <text>", "a name for the result");
  option(
    "-s, --scenario <kind>",
    "what happens (default: steady, or connect if nothing changes the server)",
    SCENARIOS,
  );
  option("-n, --streams <n>", "clients (default: 100)");
  option("-r, --rate <rate>", "changes: 10/s (default: 10/s)");
  option("--duration <time>", "of the measured part: 60s (default: 30s)");
  option("--warmup <time>", "left out of the figures (default: 5s)");
  option("--changes <n>", "fanout: how many (default: 20)");
  option("--ahead <n>", "saturation: changes at a time that not all have (default: 1)");
  option("--vary <what>", "search: what is looked for (default: streams)", ["streams", "rate"]);
  option("--from <n>", "search: the least (default: 100)");
  option("--to <n>", "search: the most (default: 10000)");
  option("--connect-rate <rate>", "new streams: 500/s (default: as fast as --connect-at-once lets)");
  option("--connect-at-once <n>", "streams that may wait for their first answer (default: 256)");
  option("-p, --protocol <protocol>", "how streams ask (default: ads-sotw)", PROTOCOLS);
  option("--streams-per-connection <n>", "streams that share a connection (default: 1)");
  option("--poll <time>", "rest: between the polls of a client (default: 1s)");
  option("--node-id <template>", "{n} is the client's number (default: bench-{n})");
  option("--node-cluster <template>", "the node's cluster (default: bench)");
  option("--type <type>", "of the resources (default: endpoints, or clusters if nothing changes the server)", TYPES);
  option("--resources <n>", "how many the server holds (default: 10)");
  option("--endpoints <n>", "in each resource; 30 make about 1 KB (default: 30)");
  option("--names <template>", "of the resources, {i} is the number (default: bench-{i})");
  option("--subscribe <what>", "all names, wildcard, or so many names each");
  option("--change <what>", "resources that a change touches (default: in-turn)", ["in-turn", "first", "all"]);
  option("--recognise <how>", "a push by the mark in it, or by its bytes, which only counts", ["mark", "bytes"]);
  option("-d, --driver <driver>", "how the server is changed (default: none)", [
    "fairlead",
    "registry",
    "http",
    "exec",
    "none",
  ]);
  option("--admin <url>", "fairlead, registry: its admin API (default: http://127.0.0.1:18001)");
  option("-g, --group <group>", "fairlead: the group that is changed (default: default)");
  option("--http-change <request>", "http: `POST URL` for each change; {sequence}, {indices}, {mark}, … stand in it");
  option("--http-body <template>", "http: the body of that; {resources}, {names}, … stand in it");
  list("--http-header <header>", "http: `name: value` of that; repeatable");
  option("--http-setup <request>", "http: once, before streams connect");
  option("--exec <cmd>", "exec: a program that takes and answers changes as lines of JSON");
  option("--tls", "connect over TLS, and trust the system's authorities");
  option("--tls-ca <file>", "trust these authorities (PEM)");
  option("--tls-cert <file>", "client certificate (PEM)");
  option("--tls-key <file>", "its private key (PEM)");
  option("--tls-server-name <name>", "whom the server's certificate is to be for (default: the host)");
  option("--tls-insecure", "take any certificate");
  option("--pid <pid>", "the server's process: its CPU and memory are read from /proc");
  option("--prometheus <url>", "the server's metrics, for its CPU and memory");
  option("--generators <n>", "processes that make the load (default: one for each free core but one)");
  option("--generator-cpus <list>", "CPUs that they are bound to: 1 or 2-3");
  list("--threshold <text>", "what must hold, else the exit code is 99: `p99 < 20ms`; repeatable");
  return command;
}

const SCENARIOS = ["connect", "steady", "soak", "fanout", "saturation", "search", "reconnect"];
const PROTOCOLS = ["ads-sotw", "ads-delta", "sotw", "delta", "rest", "raw"];
const TYPES = ["endpoints", "clusters"];
