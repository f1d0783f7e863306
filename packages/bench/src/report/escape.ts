const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML and SVG, in elements and in quoted attributes. Control characters, which neither may hold, become spaces. */
export function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char]!).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, " ");
}
