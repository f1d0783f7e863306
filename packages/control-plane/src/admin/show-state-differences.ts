import type { Schema } from "@fairlead/envoy-api";
import { compareJson, type FieldDifference } from "../history/compare-json.ts";
import type { ResourceDifference, StateDifference } from "../history/compare-states.ts";
import { redactDocument } from "../resources/redact-document.ts";
import { resourceJson } from "../resources/show.ts";
import { countKinds } from "../store/compare.ts";
import type { Entry, Json } from "../store/store.ts";
import { type PageRequest, pageOf } from "./page.ts";
import type { DiffCounts, StateDifferenceDocument } from "./schemas/history.ts";

/** Fields of one resource or document, at most. */
const MAX_FIELDS = 100;
/** Characters of a value's JSON, at most; of a longer one the beginning is told. */
const MAX_VALUE_LENGTH = 1_000;
/** Resources of one answer are taken apart until this many bytes of them, in their binary form. */
const MAX_BYTES = 4 * 1_048_576;

/** Differences of two states as the admin API shows them. */
export interface ShownDifferences {
  readonly counts: DiffCounts;
  readonly differences: StateDifferenceDocument[];
  readonly next: string | undefined;
}

/** A page of differences, field by field, without secrets. */
export function showStateDifferences(
  schema: Schema,
  differences: readonly StateDifference[],
  request: PageRequest,
): ShownDifferences {
  const ofKind = (of: StateDifference["of"]) => differences.filter((difference) => difference.of === of);
  const { items, next } = pageOf(differences, orderOf, request);
  const show = shower(schema);
  const counts = {
    resources: countKinds(ofKind("resource")),
    documents: countKinds(ofKind("document")),
    versions: ofKind("version").length,
  };
  return { counts, differences: items.map(show), next };
}

function orderOf(difference: StateDifference): string {
  if (difference.of === "document") return `0${difference.key}`;
  if (difference.of === "version") return `2${difference.group}\n${difference.typeUrl}`;
  return `1${difference.group}\n${difference.typeUrl}\n${difference.name}`;
}

function shower(schema: Schema): (difference: StateDifference) => StateDifferenceDocument {
  let bytes = 0;
  const json = ({ resource }: Entry): Json => {
    const { aliases, ttlMs } = resource;
    const shown = resourceJson(schema, resource) as Readonly<Record<string, Json>>;
    return { ...shown, ...(aliases.length > 0 && { "(aliases)": aliases }), ...(ttlMs && { "(ttlMs)": ttlMs }) };
  };
  const resource = (difference: ResourceDifference): StateDifferenceDocument => {
    const { of, kind, group, typeUrl, name, before, after } = difference;
    const head = { of, kind, group, typeUrl, name, owner: (after ?? before)!.owner };
    if (!before || !after) return head;
    bytes += before.resource.value.length + after.resource.value.length;
    if (bytes > MAX_BYTES) return { ...head, unshown: "large" };
    if (!schema.messageOf(typeUrl)) return { ...head, unshown: "type-unknown" };
    const fields = showFields(compareJson(json(before), json(after)));
    return { ...head, ...fields, ...(fields.fieldCount === 0 && { unshown: "secret" }) };
  };
  return (difference) => {
    if (difference.of === "resource") return resource(difference);
    if (difference.of === "version") {
      const { of, kind, group, typeUrl, before, after } = difference;
      return { of, kind, group, typeUrl, ...showFields(compareJson(before, after)) };
    }
    const { of, kind, before, after } = difference;
    const { key } = difference;
    const value = (document: typeof before) => document && redactDocument(schema, document);
    const fields = showFields(compareJson(value(before), value(after)));
    return { of, kind, key, ...fields, ...(fields.fieldCount === 0 && { unshown: "secret" }) };
  };
}

function showFields(
  fields: readonly FieldDifference[],
): Pick<StateDifferenceDocument, "fields"> & { fieldCount: number } {
  return { fields: fields.slice(0, MAX_FIELDS).map(cutValues), fieldCount: fields.length };
}

function cutValues({ path, ...values }: FieldDifference): NonNullable<StateDifferenceDocument["fields"]>[number] {
  const texts = Object.entries(values).map(([side, value]) => ({ side, value, text: JSON.stringify(value) }));
  const shown = texts.map(({ side, value, text }) => {
    return [side, text.length <= MAX_VALUE_LENGTH ? value : `${text.slice(0, MAX_VALUE_LENGTH)}…`];
  });
  const isCut = texts.some(({ text }) => text.length > MAX_VALUE_LENGTH);
  return { path, ...Object.fromEntries(shown), ...(isCut && { cut: true as const }) };
}
