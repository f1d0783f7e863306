import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../../src/index.ts";

test("bytes that are still needed stay as they are, those that are not make room", () => {
  const writer = new ByteWriter(16);
  writer.append(Buffer.from("first"));
  const first = writer.take();
  writer.append(Buffer.from("second"));
  const second = writer.take();
  writer.append(Buffer.from("third, which has no room any more"));
  const third = writer.take();
  assert.deepEqual([first, second, third].map(String), ["first", "second", "third, which has no room any more"]);
  assert.equal(writer.length, 0);

  const small = new ByteWriter(16);
  const places = ["one", "two", "three", "four"].map((text) => {
    small.append(Buffer.from(text));
    const taken = small.take();
    const place = taken.byteOffset;
    assert.equal(taken.toString(), text);
    small.reuse(taken);
    return place;
  });
  assert.deepEqual(places, [0, 0, 0, 0], "one place for all, since each was given back");
});

test("what is being written moves when it grows; giving back what is not the last taken changes nothing", () => {
  const writer = new ByteWriter(8);
  writer.append(Buffer.from("1234567"));
  const kept = writer.take();
  writer.append(Buffer.from("ab"));
  writer.append(Buffer.from("c".repeat(20)));
  writer.reuse(kept);
  assert.equal(writer.take().toString(), `ab${"c".repeat(20)}`);
  assert.equal(kept.toString(), "1234567");
});
