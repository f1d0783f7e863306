import { delimiter, join } from "node:path";
import { buildOnce, run } from "./build-once.ts";
import type { Built } from "./built.ts";

/** As pom.xml says. */
const OLDEST_JAVA = 17;
const MAIN_CLASS = "fairlead.bench.Main";

/** Builds the peer on java-control-plane by the machine's own Java and Maven. */
export function build(): Promise<Built> {
  return buildOnce({
    name: "java",
    source: new URL("../../peers/java/", import.meta.url),
    make: async (source, target) => {
      await requireJava();
      const pom = join(source, "pom.xml");
      await run(["mvn", "--quiet", "--batch-mode", "--file", pom, `-Dfairlead.build=${target}`, "compile"]);
    },
    command: (target) => [
      "java",
      "-cp",
      [join(target, "classes"), join(target, "lib", "*")].join(delimiter),
      MAIN_CLASS,
    ],
  });
}

/** Maven's own words on a Java that is too old tell nobody so. */
async function requireJava(): Promise<void> {
  const version = /^javac (?:1\.)?(\d+)/.exec(await run(["javac", "-version"]))?.[1];
  if (version === undefined) throw new Error(`this peer needs Java ${OLDEST_JAVA}, and \`javac -version\` names none`);
  if (Number(version) < OLDEST_JAVA) throw new Error(`Java ${version} is too old: this peer needs ${OLDEST_JAVA}`);
}
