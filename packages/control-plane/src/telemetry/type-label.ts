/** The most types that get a label of their own; a client names types freely, and labels must stay few. */
const MAX_TYPES = 64;
const PREFIX = "type.googleapis.com/";

/** Turns type URLs into label values: the message's full name, or `other` once 64 different ones were seen. */
export function createTypeLabels(): (typeUrl: string) => string {
  const labelByTypeUrl = new Map<string, string>();
  return (typeUrl) => {
    const known = labelByTypeUrl.get(typeUrl);
    if (known !== undefined) return known;
    if (labelByTypeUrl.size >= MAX_TYPES) return "other";
    const label = typeUrl.startsWith(PREFIX) ? typeUrl.slice(PREFIX.length) : typeUrl;
    labelByTypeUrl.set(typeUrl, label);
    return label;
  };
}
