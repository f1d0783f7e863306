import type { ProgramFault } from "../messages.ts";

/** An import that leads nowhere, and where it stands. */
export class UnresolvedImport extends Error {
  override readonly name = "UnresolvedImport";
  readonly place: Omit<ProgramFault, "message">;

  constructor(specifier: string, place: Omit<ProgramFault, "message">, options: ErrorOptions) {
    const isPath = /^[./]/.test(specifier);
    const mend = isPath
      ? "there is no such file; imports need their ending (.ts)"
      : "install it beside the file, or import what Fairlead brings: fairlead/resources, @fairlead/envoy-api, @bufbuild/protobuf";
    super(`cannot import ${JSON.stringify(specifier)}: ${mend}`, options);
    this.place = place;
  }
}
