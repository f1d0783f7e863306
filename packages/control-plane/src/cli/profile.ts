import { createAdminClient } from "./admin-client.ts";
import { createProgress } from "./progress.ts";
import { writeWhole } from "./write-whole.ts";

/** Options of `fairlead profile`. */
export interface ProfileOptions {
  readonly admin: string;
  readonly seconds?: number;
  readonly output?: string;
  readonly heap?: boolean;
  readonly flamegraph?: boolean;
}

/** How long to record unless told otherwise, s. */
const DEFAULT_SECONDS = 30;
/** A new line about how long it still takes, ms. */
const TELL_MS = 1_000;

/** What can be taken. */
const KINDS = {
  cpu: { path: "/debug/pprof/profile", ending: "pb.gz", look: (file: string) => `go tool pprof -top ${file}` },
  heap: { path: "/debug/pprof/heap", ending: "pb.gz", look: (file: string) => `go tool pprof -top ${file}` },
  flamegraph: { path: "/debug/flamegraph", ending: "html", look: () => "open it in a browser" },
} as const;

/** `fairlead profile`: takes a profile and writes it to a file. */
export async function profile(options: ProfileOptions): Promise<void> {
  const kind = options.heap ? "heap" : options.flamegraph ? "flamegraph" : "cpu";
  const { path, ending, look } = KINDS[kind];
  const seconds = options.seconds ?? (kind === "heap" ? undefined : DEFAULT_SECONDS);
  const client = createAdminClient(options.admin);
  const stopTelling = tellHowLong(seconds ?? 0);
  const query = { seconds: seconds === undefined ? undefined : String(seconds) };
  const bytes = await client.download(path, query, (seconds ?? 0) * 1_000).finally(stopTelling);
  if (options.output === "-") {
    process.stdout.write(bytes);
    return;
  }
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  const file = options.output ?? `fairlead-${kind}-${time}.${ending}`;
  await writeWhole(file, bytes);
  process.stderr.write(`${file}: ${Math.ceil(bytes.byteLength / 1_000)} kB; ${look(file)}\n`);
}

function tellHowLong(seconds: number): () => void {
  if (seconds === 0) return () => {};
  const progress = createProgress();
  const endsAtMs = performance.now() + seconds * 1_000;
  const tell = () => {
    const left = Math.max(0, Math.round((endsAtMs - performance.now()) / 1_000));
    progress.tell(left > 0 ? `recording, ${left} s to go` : "reading the profile");
  };
  tell();
  const timer = setInterval(tell, TELL_MS);
  return () => {
    clearInterval(timer);
    progress.end();
  };
}
