import { nowMs } from "../run/clock.ts";
import type { Fleet } from "./fleet.ts";

const INTERVAL_MS = 10;

/** Waits until every healthy stream has what was changed, at most `patienceMs`; then enters what is lacking as lost. */
export function settle(fleet: Fleet, patienceMs: number, onSettled: () => void): void {
  const deadline = nowMs() + patienceMs;
  const rows = fleet.openedRows().filter((row) => fleet.isHealthy(row));
  let at = 0;
  const look = (): void => {
    while (at < rows.length && fleet.book.behind(rows[at]!).count === 0) at += 1;
    if (at < rows.length && nowMs() < deadline) {
      setTimeout(look, INTERVAL_MS);
      return;
    }
    for (const row of rows) tellLost(fleet, row);
    fleet.book.closeAll();
    onSettled();
  };
  look();
}

function tellLost({ book, tally, clients, reader }: Fleet, row: number): void {
  const { count, first } = book.behind(row);
  if (first === undefined) return;
  const { number } = clients[row]!;
  tally.wrong("lost", number, () => `stream ${number} ${lack(first, reader.names.nameOf(first.index))}`, count);
}

function lack({ held, due }: { readonly held: number; readonly due: number }, name: string): string {
  return held < 0 ? `does not have ${name}` : `holds change ${held} of ${name}, not ${due}`;
}
