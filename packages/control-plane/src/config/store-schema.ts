import { resolve } from "node:path";
import { z } from "zod";
import { path } from "./fields.ts";
import { absolute, clientTlsSchema, remoteAddress } from "./sources-schema.ts";

const etcdStoreSchema = z.strictObject({
  endpoints: z
    .array(remoteAddress)
    .min(1)
    .max(16)
    .meta({ description: "Members of the etcd cluster, `HOST:PORT`; `--store etcd://HOST:PORT,…` says the same." }),
  prefix: z
    .string()
    .regex(/^\/.*[^/]$/, "expected a slash at its beginning and none at its end")
    .optional()
    .meta({ description: "What all keys begin with; replicas that share one share everything. Default `/fairlead`." }),
  tls: clientTlsSchema
    .omit({ serverName: true })
    .optional()
    .meta({ description: "TLS to etcd. Without it: plaintext." }),
  username: z.string().min(1).optional().meta({ description: "The user, where etcd asks for one." }),
  password: z.string().optional().meta({
    description:
      "The user's password. Better in `passwordFile`, or in the environment variable `FAIRLEAD_ETCD_PASSWORD`.",
  }),
  passwordFile: path("File with the user's password, without what is white at its end.").optional(),
});

/** Where commits are kept, if not in `dataDir`. */
export const storeSchema = z.strictObject({
  etcd: etcdStoreSchema.optional().meta({
    description: "An etcd, which several replicas may share. See [replicas](replicas.md).",
  }),
});

/** `store.etcd`, read. */
export type EtcdStoreConfig = Readonly<z.output<typeof etcdStoreSchema>>;

/** Makes the paths in it absolute. */
export function resolveStorePaths({ etcd }: z.output<typeof storeSchema>, base: string): z.output<typeof storeSchema> {
  if (!etcd) return {};
  const { tls, passwordFile } = etcd;
  return {
    etcd: {
      ...etcd,
      ...(tls && { tls: absolute(tls, base) }),
      ...(passwordFile !== undefined && { passwordFile: resolve(base, passwordFile) }),
    },
  };
}
