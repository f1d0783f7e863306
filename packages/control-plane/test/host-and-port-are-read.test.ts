import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHostPort, isLoopback, parseHostPort } from "../src/config/config.ts";

test("names, IPv4, IPv6 in brackets, and a bare port are read", () => {
  assert.deepEqual(parseHostPort("127.0.0.1:18000"), { host: "127.0.0.1", port: 18_000 });
  assert.deepEqual(parseHostPort("example.org:0"), { host: "example.org", port: 0 });
  assert.deepEqual(parseHostPort("[::1]:80"), { host: "::1", port: 80 });
  assert.deepEqual(parseHostPort(":80"), { host: "::", port: 80 });
  for (const text of ["", "80", "host", "host:", "host:x", "host:65536", "::1:80", "[host]:80", "a b:80", "host:-1"]) {
    assert.equal(parseHostPort(text), undefined, text);
  }
});

test("what is written is read as the same", () => {
  for (const text of ["127.0.0.1:1", "[::1]:2", "host:3"]) assert.equal(formatHostPort(parseHostPort(text)!), text);
});

test("loopback is what only this machine reaches", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1"]) assert.ok(isLoopback(host), host);
  for (const host of ["::", "0.0.0.0", "128.0.0.1", "127.example.org", "localhost.example.org"]) {
    assert.ok(!isLoopback(host), host);
  }
});
