/** What a peer's build came to: how to start the program, or why this machine has none. */
export type Built =
  | {
      readonly kind: "built";
      /** The program and its first arguments; the caller adds the peer's flags. */
      readonly command: readonly string[];
      /** What `--version` prints: the peer, its library, its toolchain. */
      readonly version: string;
    }
  | { readonly kind: "left-out"; readonly reason: string };
