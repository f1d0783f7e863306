/** The server did otherwise than a case expects. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}; there came ${came}`);
    this.expected = expected;
    this.came = came;
  }
}

/** The server, or its driver, lacks what the case is about, and may: neither passed nor failed. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}
