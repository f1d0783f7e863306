import type { Argument, Command, Option } from "commander";

/** What may stand where a command line is being typed. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell itself is to complete. */
  readonly paths: "files" | "directories" | undefined;
}

/** A word that fits. */
export interface Candidate {
  readonly word: string;
  /** In a few words; empty: none. */
  readonly about: string;
}

/** A kind of names that only a running control plane knows. */
export type NameKind = "node" | "group" | "type" | "resource" | "revision" | "service";

/** Looks names up; `chosen` has the options given so far, by their long names without dashes. */
export type LookUp = (kind: NameKind, chosen: ReadonlyMap<string, string>) => Promise<readonly Candidate[]>;

const NOTHING: Completion = { candidates: [], paths: undefined };

/** Completes the last of the words that follow a program's name, by the program's own commands and options. */
export async function completeWords(program: Command, words: readonly string[], lookUp: LookUp): Promise<Completion> {
  const place = readWords(program, words.slice(0, -1));
  const word = words.at(-1) ?? "";
  const found = await completeAt(place, word, lookUp);
  return { ...found, candidates: found.candidates.filter((candidate) => candidate.word.startsWith(word)) };
}

/** Where in a command line one is, after some words. */
interface Place {
  readonly command: Command;
  /** Operands of the command so far. */
  readonly operands: number;
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** Options given so far, by attribute. */
  readonly chosen: ReadonlyMap<string, string>;
  /** After `--` there are no options. */
  readonly isPastOptions: boolean;
}

function readWords(program: Command, words: readonly string[]): Place {
  let command = program;
  let operands = 0;
  let awaiting: Option | undefined;
  let isPastOptions = false;
  const chosen = new Map<string, string>();
  for (const word of words) {
    if (awaiting && !(awaiting.variadic && word.startsWith("-"))) {
      chosen.set(awaiting.name(), word);
      if (!awaiting.variadic) awaiting = undefined;
      continue;
    }
    awaiting = undefined;
    if (isPastOptions || !word.startsWith("-")) {
      const next = isPastOptions || operands > 0 ? undefined : command.commands.find((one) => one.name() === word);
      if (next) command = next;
      else operands++;
      continue;
    }
    if (word === "--") {
      isPastOptions = true;
      continue;
    }
    const [flag = "", value] = word.split(/=(.*)/s, 2);
    const option = command.options.find((one) => one.long === flag || one.short === flag);
    if (!option) continue;
    if (takesValue(option) && value === undefined) awaiting = option;
    else chosen.set(option.name(), value ?? "true");
  }
  return { command, operands, awaiting, chosen, isPastOptions };
}

async function completeAt({ command, operands, awaiting, chosen, isPastOptions }: Place, word: string, lookUp: LookUp) {
  if (awaiting && !(awaiting.variadic && word.startsWith("-"))) return await valuesOf(awaiting, chosen, lookUp);
  if (!isPastOptions && word.startsWith("-")) {
    const flag = word.slice(0, word.indexOf("="));
    const option = word.includes("=") ? command.options.find(({ long }) => long === flag) : undefined;
    if (!option) return { candidates: optionsOf(command, chosen), paths: undefined };
    const { candidates, paths } = await valuesOf(option, chosen, lookUp);
    return { candidates: candidates.map((it) => ({ ...it, word: `${flag}=${it.word}` })), paths };
  }
  const commands = command.createHelp().visibleCommands(command);
  if (commands.length > 0 && operands === 0) {
    return { candidates: commands.map((one) => ({ word: one.name(), about: one.summary() })), paths: undefined };
  }
  const registered = command.registeredArguments;
  const argument = registered[operands] ?? (registered.at(-1)?.variadic ? registered.at(-1) : undefined);
  return argument ? await valuesOf(argument, chosen, lookUp) : NOTHING;
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

/** Options not given yet, with `--help`. */
function optionsOf(command: Command, chosen: ReadonlyMap<string, string>): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.variadic || !chosen.has(option.name()))
    .map((option) => ({ word: option.long ?? option.short ?? "", about: option.description }));
}

async function valuesOf(
  slot: Option | Argument,
  chosen: ReadonlyMap<string, string>,
  lookUp: LookUp,
): Promise<Completion> {
  if (slot.argChoices) return { candidates: slot.argChoices.map((word) => ({ word, about: "" })), paths: undefined };
  const placeholder = placeholderOf(slot);
  if (placeholder === "file" || placeholder === "envoy") return { candidates: [], paths: "files" };
  if (placeholder === "dir") return { candidates: [], paths: "directories" };
  const kind = nameKindOf(slot, placeholder);
  return kind ? { candidates: await lookUp(kind, chosen), paths: undefined } : NOTHING;
}

/** `file` of `--ca <file>` and of `<file...>`. */
function placeholderOf(slot: Option | Argument): string {
  if (!("flags" in slot)) return slot.name();
  return /[<[]([^\]>.]+)/.exec(slot.flags)?.[1] ?? "";
}

function nameKindOf(slot: Option | Argument, placeholder: string): NameKind | undefined {
  const name = slot.name();
  if (placeholder === "type" || name === "types") return placeholder === "type" ? "type" : undefined;
  if (name === "node" || (name === "id" && !("flags" in slot))) return "node";
  if (name === "group") return "group";
  if (name === "revision") return "revision";
  if (name === "service" && !("flags" in slot)) return "service";
  return name === "name" && placeholder === "name" ? "resource" : undefined;
}
