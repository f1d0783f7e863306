import { Option } from "commander";

/** Where the admin API is unless told otherwise. */
export const ADMIN_URL = "http://127.0.0.1:18001";

/** The option that says where the admin API is. */
export function adminOption(): Option {
  return new Option("--admin <url>", "the admin API").env("FAIRLEAD_ADMIN").default(ADMIN_URL);
}
