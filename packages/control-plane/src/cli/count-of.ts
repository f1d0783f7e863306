/** `1 file`, `2 files`: for nouns whose plural ends with s. */
export function countOf(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
