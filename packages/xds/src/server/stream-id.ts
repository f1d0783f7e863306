let lastId = 0;

/** An id for a stream, or a subscription by polls, that no other in this process has. */
export function nextStreamId(): number {
  lastId += 1;
  return lastId;
}
