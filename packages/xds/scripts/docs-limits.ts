import { readFileSync } from "node:fs";
import { defaultHttp2Limits } from "../src/server/http2/limits.ts";

const source = new URL("../src/server/http2/limits.ts", import.meta.url);

/** docs/limits.md, written from the comments of the limits and from their defaults. */
export function renderLimits(): string {
  const text = readFileSync(source, "utf8");
  const fields = [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly (\w+): number;/g)];
  const rows = fields.map(([, comment = "", name = ""]) => {
    const value = defaultHttp2Limits[name as keyof typeof defaultHttp2Limits];
    return `| \`${name}\` | ${value.toLocaleString("en")} | ${inOneLine(comment)} |`;
  });
  return [HEAD, ...rows, ""].join("\n");
}

const HEAD = `<!-- Written by \`npm run docs\`; edit the descriptions in the source instead. -->

# Limits of the xDS port

What one client can cost, whatever it sends. A program that uses \`@fairlead/xds\` passes its own as \`listen.limits\`; each is
checked when the server starts to listen, and what is out of range stops the start with the error \`invalid-limit\`.

| limit | default | meaning |
| --- | --- | --- |`;

function inOneLine(comment: string): string {
  return comment
    .replace(/\s*\n\s*\* ?/g, " ")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll("|", "\\|")
    .trim();
}
