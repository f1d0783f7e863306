import { styleText } from "node:util";

type Style = "red" | "green" | "yellow" | "dim" | "bold" | "cyan";

/** Colours text for a stream, where that is a terminal and `NO_COLOR` is unset. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream, validateStream: true });
}
