import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, resourceFromJson, TYPE_URLS } from "../src/index.ts";

const schema = loadSchema();
const QUOTED = "hunter2!!";

// Faults are logged, and told by /readyz: what a broken secret holds must not be in them.
for (const [what, secret] of Object.entries({
  "a private key of the wrong type": { tls_certificate: { private_key: QUOTED } },
  "bytes that are no base64": { tls_certificate: { private_key: { inline_bytes: QUOTED } } },
  "a session ticket key": { session_ticket_keys: { keys: [QUOTED] } },
  "a generic secret": { generic_secret: { secret: { inline_bytes: QUOTED } } },
})) {
  test(`${what} is not quoted`, () => {
    const read = resourceFromJson(schema, { "@type": TYPE_URLS.secret, name: "s", ...secret });
    assert.equal(read.ok, false);
    assert.ok(read.faults.length > 0);
    assert.ok(!JSON.stringify(read.faults).includes(QUOTED), JSON.stringify(read.faults));
  });
}

test("what is no secret is quoted", () => {
  const read = resourceFromJson(schema, { "@type": TYPE_URLS.cluster, name: "c", connect_timeout: "soon" });
  assert.match(read.faults[0]?.message ?? "", /"soon"/);
});
