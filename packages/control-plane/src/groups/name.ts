/** Characters in a group's name, at most: it can be a directory's name. */
export const MAX_GROUP_NAME_LENGTH = 253;

/**
 * Whether a group can be called so: 1 to {@link MAX_GROUP_NAME_LENGTH} visible characters, without slashes or
 * backslashes, not starting with a dot. It is a directory's name, a segment of a URL, and may come from a node that lies.
 */
export function isGroupName(name: string): boolean {
  return name.length <= MAX_GROUP_NAME_LENGTH && /^[^\p{C}\p{Z}/\\.][^\p{C}\p{Z}/\\]*$/u.test(name);
}
