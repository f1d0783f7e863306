import { escapeText } from "./escape.ts";
import { CHART_STYLE } from "./style.ts";

/** A drawing with what it says in words and numbers. */
export interface Chart {
  readonly title: string;
  /** For those who don't see it: a sentence. */
  readonly description: string;
  readonly height: number;
  /** What stands inside `<svg>`. */
  readonly body: string;
  readonly table: Table;
  /** Points that tell something when the pointer is near: place in the drawing and text. */
  readonly points: readonly Point[];
}

export type Point = readonly [x: number, y: number, text: string];

/** The same in numbers. The first column names the row. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Units that a drawing is wide: small enough for its text to be readable on a phone. */
export const CHART_WIDTH = 370;

/** The drawing for an HTML page that has {@link CHART_STYLE}. @param id unique on its page */
export function inlineSvg(chart: Chart, id: string): string {
  return svgOf(chart, id, `data-points="${escapeText(JSON.stringify(chart.points))}"`, chart.body, 0);
}

/** A file of its own, with its title and colours for light and dark. */
export function standaloneSvg(chart: Chart): string {
  const style = `<style>${CHART_STYLE}</style>`;
  const background = `<rect class="background" y="${-TITLE_HEIGHT}" width="${CHART_WIDTH}" height="${chart.height + TITLE_HEIGHT}"/>`;
  const title = `<text class="title" x="4" y="${-TITLE_HEIGHT + 17}">${escapeText(chart.title)}</text>`;
  return `${svgOf(chart, "chart", 'xmlns="http://www.w3.org/2000/svg"', style + background + title + chart.body, TITLE_HEIGHT)}\n`;
}

const TITLE_HEIGHT = 26;

function svgOf(chart: Chart, id: string, attributes: string, body: string, above: number): string {
  const { title, description, height } = chart;
  return (
    `<svg class="chart" role="img" aria-labelledby="${id}-title ${id}-text" viewBox="0 ${-above} ${CHART_WIDTH} ${height + above}" ${attributes}>` +
    `<title id="${id}-title">${escapeText(title)}</title><desc id="${id}-text">${escapeText(description)}</desc>${body}</svg>`
  );
}

/** Of the fonts that a browser may have, the widest letters, on average. */
export const LETTER = 6.4;

/** Two digits behind the point are finer than any screen. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** @param anchor `start`, `middle` or `end` */
export function textAt(x: number, y: number, text: string, anchor = "start", name = "label"): string {
  return `<text class="${name}" x="${coordinate(x)}" y="${coordinate(y)}" text-anchor="${anchor}">${escapeText(text)}</text>`;
}
