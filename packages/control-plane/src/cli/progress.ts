/** Tells how something goes on, while it does. */
export interface Progress {
  tell(text: string): void;
  /** What was told is over. */
  end(): void;
}

/** A log gets a line no more often than that, ms. */
const LINE_INTERVAL_MS = 2_000;

/** On a terminal one line that is written anew; elsewhere a line now and then, if it says something new. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? liveLine(stream) : fewLines(stream);
}

function liveLine(stream: NodeJS.WriteStream): Progress {
  let isShown = false;
  return {
    tell(text) {
      const width = Math.max(1, (stream.columns || 80) - 1);
      stream.write(`\r\u001b[K${text.slice(0, width)}`);
      isShown = true;
    },
    end() {
      if (isShown) stream.write("\r\u001b[K");
      isShown = false;
    },
  };
}

function fewLines(stream: NodeJS.WriteStream): Progress {
  let last = { text: "", atMs: performance.now() }; // what is over at once needs no line
  return {
    tell(text) {
      const nowMs = performance.now();
      if (text === last.text || nowMs - last.atMs < LINE_INTERVAL_MS) return;
      stream.write(`${text}\n`);
      last = { text, atMs: nowMs };
    },
    end() {},
  };
}
