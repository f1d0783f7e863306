/** Seeded faults that no client can see from outside, by what they say, with the reason. */
export const UNSEEN: ReadonlyMap<string, string> = new Map([
  [
    "a stream is sent the nonce that another was given",
    "it takes two streams that are given one plan within one turn: no client can bring that about",
  ],
  [
    "an unreadable listener is taken for one that names nothing",
    "what the schema does not know can't be set: the admin API refuses it",
  ],
  [
    "removals don't wait for routes",
    "only where routes are due and not even sent, to a reader that is slow by megabytes; else what is in flight protects",
  ],
  [
    "a name that timed out gates again",
    "a removal comes later by one more deadline: nothing is wrong with what is sent",
  ],
  ["the label names what it was not given for", "labels are the admin API's own; drivers set content"],
  ["a source that has not loaded is served", "no driver can start the server anew, with a source that hangs"],
  [
    "a deleted group's clients are sent that there is nothing",
    "the clients have a newer revision than that nothing, and pass it over; what is missing is a line in the log",
  ],
  ["nobody hears of a group that is not there", "a line is missing in the log"],
]);
