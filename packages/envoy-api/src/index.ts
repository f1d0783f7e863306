export { lackingTypes, type TypeSet } from "./add-types.ts";
export { type ConstraintRule, type Constraints, describeConstraints, matchesConstraints } from "./constraints.ts";
export { decode } from "./decode.ts";
export { type ChangedElement, diffSchemas, type SchemaChange } from "./diff-schemas.ts";
export { encodeDeterministic, normalize } from "./encode-deterministic.ts";
export { EnvoyApiError, type EnvoyApiErrorCode, MAX_DEPTH } from "./errors.ts";
export { type ExtractedSchema, extractSchema } from "./extract/extract-schema.ts";
export type { EnvoyVersion } from "./extract/version.ts";
export { NO_FACTS, type Reference, type ResourceFacts } from "./facts.ts";
export type { Fault, FaultCode } from "./json/fault.ts";
export { nearest } from "./json/nearest.ts";
export { pointerTo, segmentsOf } from "./json/pointer.ts";
export { spellPointer } from "./json/spell-pointer.ts";
export { loadSchema } from "./load-schema.ts";
export { onlyFiles } from "./only-files.ts";
export { type DescriptorSetFile, readDescriptorSet, readSchemaFile, type SchemaFile } from "./read-schema-file.ts";
export { factsOf } from "./references/facts-of.ts";
export { REFERENCE_ROWS, type ReferenceRow } from "./references/table.ts";
export { type ReadResource, resourceFromJson, type UnreadResource } from "./resource-from-json.ts";
export { resourceName } from "./resource-name.ts";
export { resourceToJson } from "./resource-to-json.ts";
export { COVERED_RULE_KINDS } from "./rules/compile-field.ts";
export { ruleKinds, uncoveredRuleKinds } from "./rules/rule-kinds.ts";
export { type Schema, schemaFrom } from "./schema.ts";
export { messagesIn } from "./symbols.ts";
export {
  parseTypeUrl,
  type ResourceKind,
  type ShortName,
  shortNameOf,
  TYPE_URL_BY_SHORT_NAME,
  TYPE_URLS,
  typeNameOf,
  typeUrlOf,
} from "./type-urls.ts";
export { type Violation, validateMessage } from "./validate-message.ts";
export { canonicalName, globOf, isGlob } from "./xdstp-name.ts";
