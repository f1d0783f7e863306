import { ok } from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "../../src/plan/read.ts";
import { withoutSecrets } from "../../src/results/secrets.ts";

const SECRET = "hunter2";

test("the plan in a result has no token, no password and no secret parameter of its driver", () => {
  const http = parsePlan(`
target: 127.0.0.1:1
driver:
  kind: http
  setup: PUT http://me:${SECRET}@127.0.0.1:2/setup
  change:
    url: http://127.0.0.1:2/change?n={sequence}&access_token=${SECRET}&i={indices}
    headers: { authorization: Bearer ${SECRET}, X-Api-Key: ${SECRET}, x-run: one }
`);
  const fairlead = parsePlan(`{ target: "127.0.0.1:1", driver: { kind: fairlead, token: ${SECRET} } }`);
  for (const plan of [http, fairlead]) {
    ok(JSON.stringify(plan).includes(SECRET), "else this shows nothing");
    const told = JSON.stringify(withoutSecrets(plan));
    ok(!told.includes(SECRET), told);
  }
  const told = JSON.stringify(withoutSecrets(http));
  ok(told.includes("change?n={sequence}") && told.includes("&i={indices}") && told.includes('"x-run":"one"'), told);
});
