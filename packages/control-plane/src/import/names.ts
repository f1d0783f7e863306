/** Gives out names, each for one content. */
export interface Names {
  /** The wanted name, or one like it if that stands for something else; equal content has one name. */
  give(wanted: string, content: unknown): string;
}

/** No name is taken yet. */
export function createNames(): Names {
  const contentByName = new Map<string, string>();
  return {
    give(wanted, content) {
      const text = JSON.stringify(content);
      for (let count = 1; ; count++) {
        const name = count === 1 ? wanted : `${wanted}_${count}`;
        const known = contentByName.get(name);
        if (known !== undefined && known !== text) continue;
        contentByName.set(name, text);
        return name;
      }
    },
  };
}
