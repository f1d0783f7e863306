import { type Schema, typeUrlOf } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";
import { resourceParser } from "../resources/parse.ts";
import { locateAll, readYaml } from "../sources/files/yaml-text.ts";
import { type Fault, formatFault } from "../validation/fault.ts";
import { isJson, type Json } from "./json.ts";

/** The message type of a bootstrap. */
export const BOOTSTRAP = "envoy.config.bootstrap.v3.Bootstrap";

/** What follows the first is mostly its consequence. */
const MAX_SYNTAX_FAULTS = 3;

const WRAPPER = typeUrlOf("envoy.service.discovery.v3.Resource");

/**
 * Reads an Envoy bootstrap in YAML or JSON and checks it against the schema and its rules.
 *
 * @throws FairleadError `resources-invalid` with every fault by line and column
 */
export function readBootstrap(schema: Schema, file: string, text: string): Json {
  const { documents, faults: syntax } = readYaml(text);
  refuse(syntax.slice(0, MAX_SYNTAX_FAULTS).map((fault) => ({ ...fault, file })));
  const [document, ...others] = documents;
  if (others.length > 0 || !isJson(document?.value)) {
    const message = "expected one document, an Envoy bootstrap with `static_resources:`";
    refuse([{ severity: "error", rule: "file.shape", message, pointer: "", file }]);
  }
  const json = document!.value as Json;
  const faults = faultsOf(schema, json);
  const places = locateAll(text, faults);
  refuse(faults.map((fault, index) => ({ ...fault, ...places[index]!, file })));
  return json;
}

/** What is wrong with a bootstrap; pointers begin at it. */
function faultsOf(schema: Schema, json: Json): readonly Fault[] {
  // Only in a wrapper has it a name, as every resource must.
  const wrapped = { "@type": WRAPPER, name: "bootstrap", resource: { "@type": typeUrlOf(BOOTSTRAP), ...json } };
  const { faults } = resourceParser(schema, "error")(wrapped);
  return faults.map(({ typeUrl: _, name: __, ...fault }) => ({
    ...fault,
    pointer: fault.pointer.replace(/^\/resource/, ""),
  }));
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new FairleadError("resources-invalid", faults.map(formatFault).join("\n"), { faults });
}
