import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeAnswer, encodeName } from "../../src/sources/dns/message.ts";

test("a name in an answer has 255 bytes at most, or it is no answer", () => {
  const answerTo = (name: string) => {
    const header = Buffer.alloc(12);
    header.writeUInt16BE(0x8000, 2);
    header.writeUInt16BE(1, 4);
    return decodeAnswer(Buffer.concat([header, encodeName(name), Buffer.alloc(4)]));
  };
  const longest = `${"a.".repeat(126)}a`;
  assert.equal(answerTo(longest)?.question?.name, longest);
  assert.equal(answerTo(`${longest}.a`), undefined);
});
