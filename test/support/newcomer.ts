import { delimiter, sep } from "node:path";
import { withoutTestContext } from "./child.ts";

/** The environment without this repository's Node in front of the machine's, and without what npm told this run. */
export function asNewcomer(): NodeJS.ProcessEnv {
  const { PATH = "", ...env } = withoutTestContext();
  const own = PATH.split(delimiter).filter((folder) => !folder.includes(`node_modules${sep}`));
  const kept = Object.entries(env).filter(
    ([name]) => !/^(npm_|INIT_CWD|NODE$)/.test(name) || name === "npm_config_cache",
  );
  return { ...Object.fromEntries(kept), PATH: own.join(delimiter) };
}
