/** What the other files make resources of. It has no default export, so it gives none itself. */
export const SERVICES = {
  cart: { port: 8081, hosts: ["127.0.0.1"] },
  search: { port: 8082, hosts: ["127.0.0.1", "127.0.0.2"] },
} as const;
