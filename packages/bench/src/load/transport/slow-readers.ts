/** A connection that reads slowly. */
export interface SlowReader {
  /** What it may read, bytes; negative after it read more than that. */
  allowance: number;
  readonly bytesPerSecond: number;
  /** It may read again. */
  readOn(): void;
}

const intervalMs = 50;
const readers = new Set<SlowReader>();
let timer: NodeJS.Timeout | undefined;

/** Lets a connection read by its rate, until {@link removeSlowReader}: one timer serves all. */
export function addSlowReader(reader: SlowReader): void {
  readers.add(reader);
  timer ??= setInterval(allowMore, intervalMs);
}

/** Ends that. */
export function removeSlowReader(reader: SlowReader): void {
  readers.delete(reader);
  if (readers.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function allowMore(): void {
  for (const reader of readers) {
    const wasStopped = reader.allowance <= 0;
    const most = reader.bytesPerSecond; // what was not read for a second is not made up for
    reader.allowance = Math.min(most, reader.allowance + (reader.bytesPerSecond * intervalMs) / 1_000);
    if (wasStopped && reader.allowance > 0) reader.readOn();
  }
}
