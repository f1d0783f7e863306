/** One server-sent event whose data is a JSON object. */
export interface ServerSentEvent {
  readonly type: string;
  /** `undefined`: it is none to go on from. */
  readonly id: string | undefined;
  readonly data: { readonly [field: string]: unknown };
}

/** Reads events from a response as they come; comments and other fields are passed over. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => splitField(line)));
      const data = fields.get("data");
      if (data !== undefined)
        yield { type: fields.get("event") ?? "message", id: fields.get("id"), data: JSON.parse(data) };
    }
  }
}

function splitField(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
