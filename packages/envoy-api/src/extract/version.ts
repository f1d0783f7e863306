const VERSION = /\0(1\.\d{2,3}\.\d{1,3}(?:-dev)?)\0/g;
const SOURCE = /\0([0-9a-f]{40})\0(?:Clean|Modified|Distribution)\0/;

/** What an executable says of itself. */
export interface EnvoyVersion {
  /** `1.40.0`; `undefined` where not exactly one text in the executable has that form. */
  readonly number: string | undefined;
  /** The revision or build id that `envoy --version` prints first, 40 hex digits. */
  readonly build: string | undefined;
}

/** Gathers, window by window, the texts that may be Envoy's version. Nothing marks it but its form. */
export function versionFinder(): { look(window: Buffer): void; found(): EnvoyVersion } {
  const numbers = new Set<string>();
  let build: string | undefined;
  return {
    look(window) {
      const text = window.toString("latin1");
      for (const [, number] of text.matchAll(VERSION)) numbers.add(number!);
      build ??= SOURCE.exec(text)?.[1];
    },
    found: () => ({ number: numbers.size === 1 ? [...numbers][0] : undefined, build }),
  };
}
