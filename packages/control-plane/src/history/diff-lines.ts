/** One line of a difference. */
export interface DiffLine {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

/** The most pairs of lines compared; beyond it, the middle counts as wholly replaced. */
const MAX_PAIRS = 4_000_000;

/** The difference of two texts, line by line, by their longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  return diffLists(before.split("\n"), after.split("\n"));
}

/** The difference of two lists of texts, as of the lines of two texts. */
export function diffLists(a: readonly string[], b: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [
    ...a.slice(0, start).map(same),
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

/** The changed lines of a difference with some around them; `undefined` stands for lines left out. */
export function aroundChanges(diff: readonly DiffLine[], context = 3): (DiffLine | undefined)[] {
  const isShown = new Array<boolean>(diff.length).fill(false);
  diff.forEach((line, at) => {
    if (line.kind !== "same") isShown.fill(true, Math.max(0, at - context), at + context + 1);
  });
  const shown: (DiffLine | undefined)[] = [];
  diff.forEach((line, at) => {
    if (isShown[at]) shown.push(line);
    else if (at === 0 || isShown[at - 1]) shown.push(undefined);
  });
  return shown;
}

function diffMiddle(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length * b.length > MAX_PAIRS) return [...a.map(removed), ...b.map(added)];
  const common = commonLengths(a, b);
  const width = b.length + 1;
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push(same(a[i]!));
      i++;
      j++;
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) lines.push(removed(a[i++]!));
    else lines.push(added(b[j++]!));
  }
  return [...lines, ...a.slice(i).map(removed), ...b.slice(j).map(added)];
}

/** At (i, j): how many lines `a` from i and `b` from j have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  return lengths;
}

function same(text: string): DiffLine {
  return { kind: "same", text };
}

function added(text: string): DiffLine {
  return { kind: "added", text };
}

function removed(text: string): DiffLine {
  return { kind: "removed", text };
}
