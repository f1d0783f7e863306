/**
 * Names of the form `xdstp://authority/type/id?context` (xDS transport proposal TP1). They are equal if their parts are,
 * whatever the order of the context parameters and the percent-encoding. Any other text is a name that means only itself.
 */

/** A name in its one spelling: context parameters sorted, percent-encoded where Envoy does it, no `#` directives. */
export function canonicalName(name: string): string {
  return parsed(name)?.canonical ?? name;
}

/**
 * The glob collection that a name belongs to: `xdstp://a/T/dir/*?k=v` of `xdstp://a/T/dir/x?k=v`, and of the glob itself.
 * `undefined` for any other name.
 */
export function globOf(name: string): string | undefined {
  return parsed(name)?.glob;
}

/** Whether a name stands for a collection: an `xdstp://` name whose id ends with the component `*`. */
export function isGlob(name: string): boolean {
  const found = parsed(name);
  return found !== undefined && found.glob === found.canonical;
}

interface XdstpName {
  readonly canonical: string;
  readonly glob: string;
}

const SCHEME = "xdstp:";

/** Names read before: most are asked for by many clients, and again with each of their requests. */
const known = new Map<string, XdstpName | undefined>();
const MAX_KNOWN = 20_000;
/** Longer names are read each time, so that what is known is bounded in bytes, too. */
const MAX_KNOWN_LENGTH = 1_024;

function parsed(name: string): XdstpName | undefined {
  if (!name.startsWith(SCHEME)) return undefined;
  if (known.has(name)) return known.get(name);
  const read = parse(name);
  if (name.length > MAX_KNOWN_LENGTH) return read;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, read);
  return read;
}

/** `undefined`: it lacks its authority's slashes, its type or its id, and so is a name that means only itself. */
function parse(name: string): XdstpName | undefined {
  const match = /^xdstp:\/\/([^/?#]*)\/([^/?#]+)\/([^?#]+)(?:\?([^#]*))?(?:#.*)?$/s.exec(name);
  if (!match) return undefined;
  const [, authority = "", type = "", id = "", query = ""] = match;
  const start = `${SCHEME}//${spell(authority, "%/?#")}/${type}/`;
  const path = spell(id, "%:?#[]");
  const context = contextOf(query);
  const glob = `${start}${path.slice(0, path.lastIndexOf("/") + 1)}*${context}`;
  return { canonical: `${start}${path}${context}`, glob };
}

/** Of a key that comes twice, the first counts. */
function contextOf(query: string): string {
  const params = new Map<string, string>();
  for (const param of query.split("&")) {
    if (param === "") continue;
    const at = param.indexOf("=");
    const [key, value] = at < 0 ? [param, ""] : [param.slice(0, at), param.slice(at + 1)];
    const spelled = spell(key, "%#[]&=");
    if (!params.has(spelled)) params.set(spelled, spell(value, "%#[]&="));
  }
  if (params.size === 0) return "";
  return `?${[...params]
    .map((param) => param.join("="))
    .sort()
    .join("&")}`;
}

/** Percent-encodes what has to be, and nothing else, as Envoy's `XdsResourceIdentifier` does; works on UTF-8 bytes. */
function spell(text: string, reserved: string): string {
  const raw = Buffer.from(text, "utf8").toString("latin1");
  const plain = raw.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return plain.replace(/./gs, (character) => {
    if (character >= " " && character < "~" && !reserved.includes(character)) return character;
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
