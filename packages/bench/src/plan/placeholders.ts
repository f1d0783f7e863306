/**
 * What may stand in braces in the requests of an `http` driver:
 *
 * - `{sequence}`: the change's number, from 1; of the setup 0.
 * - `{mark}`: the hostname that the first endpoint of each resource it touches is to have, `change-000000000041`.
 * - `{i}`: the number of the first resource that it touches, from 0.
 * - `{indices}`: the numbers of all of them, `3` or `1,2`, or `all`.
 * - `{names}`: their names with commas between; in a body a JSON array.
 * - `{resources}`: the resources as they are to be, a JSON array in ProtoJSON, each with its `@type`.
 *
 * In a URL each is percent-encoded.
 */
export const CHANGE_PLACEHOLDERS = ["sequence", "mark", "i", "indices", "names", "resources"] as const;

/** One of {@link CHANGE_PLACEHOLDERS}. */
export type ChangePlaceholder = (typeof CHANGE_PLACEHOLDERS)[number];
