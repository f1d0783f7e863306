import type { Plan } from "../plan/plan.ts";
import type { Driver } from "./driver.ts";
import { execDriver } from "./exec.ts";
import { fairleadDriver } from "./fairlead.ts";
import { httpDriver } from "./http.ts";
import { noDriver } from "./none.ts";
import { registryDriver } from "./registry.ts";

/** The driver that a plan asks for. */
export function createDriver({ driver, workload }: Pick<Plan, "driver" | "workload">): Driver {
  switch (driver.kind) {
    case "none":
      return noDriver();
    case "fairlead":
      return fairleadDriver(driver, workload);
    case "registry":
      return registryDriver(driver, workload);
    case "http":
      return httpDriver(driver, workload);
    case "exec":
      return execDriver(driver, workload);
  }
}
