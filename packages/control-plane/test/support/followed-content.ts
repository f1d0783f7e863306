import type { StoreEvent, StoreState } from "../../src/store/store.ts";

/** `group → name → version`, from a state or from following events. */
export type Content = Map<string, Map<string, string>>;

/** What a state holds. */
export function contentOf(state: StoreState): Content {
  const all = [...state.groups].map(([group, { types }]) => {
    const entries = [...types.values()].flatMap((byName) => [...byName.values()]);
    return [group, new Map(entries.map(({ resource }) => [resource.name, resource.version]))] as const;
  });
  return new Map(all);
}

/** Does to the content what an event tells. */
export function follow(content: Content, event: StoreEvent): void {
  if (event.kind === "state") {
    content.clear();
    for (const [group, resources] of contentOf(event.state)) content.set(group, resources);
    return;
  }
  for (const [group, delta] of event.commit.groups) {
    if (delta.kind === "deleted") {
      content.delete(group);
      continue;
    }
    const resources = content.get(group) ?? new Map<string, string>();
    content.set(group, resources);
    for (const { name } of delta.remove) resources.delete(name);
    for (const { name, version } of delta.upsert) resources.set(name, version);
  }
}

/** Equal for equal contents. */
export const sorted = (content: Content) =>
  [...content].map(([group, resources]) => [group, [...resources].sort()] as const).sort();
