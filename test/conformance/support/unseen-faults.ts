/** Seeded faults that no client can see from outside, by what they say, with the reason. */
export const UNSEEN: ReadonlyMap<string, string> = new Map([
  [
    "routes are switched to clusters that were not announced",
    "no case looks into routes yet; test/grpc does, with the real clients that fail by it",
  ],
  [
    "streams that come back are waited for no longer than answers",
    "it takes longer than the deadline; test/envoy/streams-that-come-back-late-lose-no-request has real Envoys that fail by it",
  ],
  ["routes that listeners which came back lead to are given up early", "as before"],
  [
    "endpoints that were back before their clusters are waited for",
    "what is sent is right, and only comes after the silence for clusters",
  ],
  ["silence never ends an announcement", "no case looks into routes yet, and it takes the deadline"],
  ["commits restart an announcement", "no case looks into routes yet"],
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
  [
    "rate limit configurations are looked for in Envoy's API",
    "Envoy's schema has no such type, so that the driver can't set any",
  ],
  ["rate limit configurations come to who names them only", "as before"],
  ["health is fine before anything has loaded", "no driver can start the server anew, with a source that hangs"],
  ["a drain is told to nobody", "no driver can have the server end"],
  ["who does not read is answered on and on", "it costs the server memory, and the client sees nothing"],
  ["a second request of a unary call is taken", "the first is answered before the second is there"],
  [
    "an answer that is known to be lost counts as given",
    "it takes a connection that breaks in the middle of an answer",
  ],
  ["who polls no more holds up removals for ever", "only time shows it: three polls, and 20 s at least"],
  ["polls are given no more time than streams", "only time shows it: three polls, and 20 s at least"],
  [
    "a poll that rejects leaves what was dropped to wait for its answer",
    "only time shows it: it goes all the same, later, by deadlines of three polls and 20 s at least",
  ],
  ["a revision is confirmed by parts of it", "it shows in the admin API's answers, not in what is sent"],
  ["polls are answered before everything has loaded", "no driver can start the server anew, with a source that hangs"],
  ["nobody hears of a group that is not there", "a line is missing in the log"],
  [
    "an error is told again and again",
    "errors of resources are set by programs that embed the library: `fairlead serve` has none to tell, and no driver can give it any",
  ],
  ["whoever asks for anything is told all errors", "as before"],
  ["what is served has an error too", "as before"],
  ["an error takes all clusters away", "as before"],
  ["what is rejected comes again with an error", "as before"],
  ["an error waits until something else changes", "as before"],
  ["what can't be told in JSON is left out", "drivers set content in ProtoJSON: what has no JSON can't be set"],
]);
