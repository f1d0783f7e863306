/** A command of a page, and what the page says that it prints. */
export interface Step {
  readonly page: string;
  /** 1-based line of the command. */
  readonly line: number;
  /** The nearest heading above. */
  readonly heading: string;
  readonly command: string;
  /** Lines in their order; `…` stands for any. Empty: the page says nothing of it. */
  readonly output: readonly string[];
  /** What it prints later, once the reader has done what the page says in between. */
  readonly later: readonly string[];
}

/**
 * The commands of a Markdown page. In ```` ```console ```` a line that begins with `$ ` is one, and what follows is what it prints; a block
 * without any is what the last one prints later. In ```` ```sh ```` all lines are; a comment behind one that holds a sentence is what it prints.
 */
export function documentedSteps(page: string, text: string): Step[] {
  const steps: { -readonly [K in keyof Step]: Step[K] }[] = [];
  let heading = "";
  let language: string | undefined;
  let isLater = false;
  for (const [index, line] of text.split("\n").entries()) {
    const [, fence] = /^```(\w*)/.exec(line) ?? [];
    if (fence !== undefined) {
      language = language === undefined ? fence : undefined;
      isLater = language === "console";
      continue;
    }
    if (language === undefined && /^#+ /.test(line)) heading = line.replace(/^#+ /, "");
    const add = (command: string, output: readonly string[]) =>
      steps.push({ page, line: index + 1, heading, command, output, later: [] });
    if (language === "console" && line.startsWith("$ ")) {
      add(line.slice(2), []);
      isLater = false;
    } else if (language === "console") {
      const last = steps.at(-1)!;
      if (isLater) last.later = [...last.later, line];
      else last.output = [...last.output, line];
    }
    if (language !== "sh" || line.trim() === "" || line.startsWith("#")) continue;
    const last = steps.at(-1);
    if (last && isOpen(last.command)) {
      last.command += `\n${line}`;
      continue;
    }
    const [, command = line, comment] = /^(.*?\S)\s+# (.*)$/.exec(line) ?? [];
    add(command, comment !== undefined && /^[A-Z].*\.$/.test(comment) ? [comment] : []);
  }
  return steps;
}

/** Whether a quote is not closed, or the line goes on. */
function isOpen(command: string): boolean {
  return (command.match(/'/g) ?? []).length % 2 === 1 || command.endsWith("\\");
}

/** Why the output is not what the page says; `undefined` if it is. What differs from run to run may differ. */
export function differsFrom(expected: readonly string[], printed: string): string | undefined {
  const lines = printed.split("\n").map(steady);
  if (expected.length > 0 && printed === "") return `does not print ${JSON.stringify(expected[0])}`;
  let at = 0;
  for (const line of expected) {
    const wanted = steady(line);
    if (wanted === "" || wanted === "…") continue;
    const found = lines.findIndex((candidate, index) => index >= at && isAlike(wanted, candidate));
    if (found < 0) return `does not print ${JSON.stringify(line)}`;
    at = found + 1;
  }
  return undefined;
}

function isAlike(wanted: string, printed: string): boolean {
  const parts = wanted.split("…");
  let at = 0;
  for (const part of parts) {
    const found = printed.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return parts.length > 1 || wanted === printed;
}

/** A line without times, versions, addresses, counts and the widths that follow from them. */
function steady(line: string): string {
  return line
    .replace(/\b\d\d:\d\d:\d\d\.\d+/g, "TIME")
    .replace(/(?<=version |^demo: rejected \w+ )[\w-]{16}\b/g, "VERSION")
    .replace(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replace(/\b\d+(?:ms|s|m|h|d)\b/g, "AGE")
    .replace(/\b\d{10,}\b/g, "REVISION")
    .replace(/\s+/g, " ")
    .trim();
}
