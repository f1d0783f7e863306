/**
 * The candidate most like `name`, case, `_`, `.` and `-` not counting; `undefined` if none is close: at most `maxEdits`
 * letters differ (by default a third of them, two at least), or `name` is the beginning of just one.
 */
export function nearest(name: string, candidates: Iterable<string>, maxEdits?: number): string | undefined {
  const wanted = plain(name);
  const begun: string[] = [];
  let best: string | undefined;
  let bestDistance = (maxEdits ?? Math.max(2, Math.floor(wanted.length / 3))) + 1;
  for (const candidate of candidates) {
    const known = plain(candidate);
    if (wanted.length > 2 && known.startsWith(wanted)) begun.push(candidate);
    const distance = editDistance(wanted, known, bestDistance);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best ?? (begun.length === 1 ? begun[0] : undefined);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_.-]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` or more is all the same. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
