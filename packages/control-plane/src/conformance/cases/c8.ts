import { type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster } from "../resources.ts";

export const C8: readonly Case[] = [
  {
    id: "C8",
    says: "every response names the server that sent it",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.discovery}: control_plane is optional`,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      const { controlPlaneId } = await stream.answer(CDS, ["a"]);
      t.must(controlPlaneId !== "", "a control_plane.identifier", "none");
    },
  },
];
