/** Text as HTML shows it, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A page that needs nothing else, light or dark as its reader has it. */
export function renderPage(title: string, body: string, extra: { style?: string; script?: string } = {}): string {
  const { style = "", script } = extra;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
${script === undefined ? "" : `<script>${script}</script>\n`}</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --text: light-dark(#1b1f24, #e8eaed); --soft: light-dark(#57606a, #a4adb8);
  --page: light-dark(#fff, #16191d); --line: light-dark(#d0d7de, #3a424c); --link: light-dark(#0550ae, #79b8ff); }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
a { color: var(--link); }
code { font-family: ui-monospace, monospace; font-size: .9em; }
p, li { max-width: 50rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: -3px; }
`;
