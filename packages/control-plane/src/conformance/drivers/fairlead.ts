import { FairleadError } from "../../errors.ts";
import { Unsupported } from "../mismatch.ts";
import type { Driver } from "./driver.ts";
import { httpDriver } from "./http.ts";

/** Fairlead's admin API: without group rules, the group of a node is the one that is named like it. */
export function fairleadDriver(adminUrl: string): Driver {
  const resources = `${adminUrl.replace(/\/$/, "")}/v1/groups/{node}/resources`;
  const driver = httpDriver({
    putUrl: `${resources}?allowEmpty=true`,
    deleteUrl: resources,
    body: (state) => ({ resources: state.resources }),
    title: "fairlead",
  });
  const groups = httpDriver({
    putUrl: resources,
    deleteUrl: `${resources.slice(0, -"/resources".length)}`,
    title: "fairlead",
  });
  return {
    ...driver,
    async discard(node) {
      await driver.forget(node);
      await groups.forget(node); // its proxies would keep a deleted group
    },
    async set(state) {
      try {
        await driver.set(state);
      } catch (error) {
        if (error instanceof FairleadError && isUnknownType(error)) throw new Unsupported(error.message);
        throw error;
      }
    },
  };
}

/** A type that the server's schema does not have. */
function isUnknownType({ message }: FairleadError): boolean {
  return message.includes("was answered 400") && /unknown type|no such type/i.test(message);
}
