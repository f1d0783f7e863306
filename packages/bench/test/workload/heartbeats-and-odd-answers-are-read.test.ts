import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  DeltaDiscoveryResponseSchema,
  ResourceSchema,
} from "@fairlead/envoy-api/envoy/service/discovery/v3/discovery_pb";
import { namesOf } from "../../src/workload/names.ts";
import { typeUrlOf } from "../../src/workload/resource-json.ts";
import { ResponseReader } from "../../src/workload/response-reader.ts";
import { RestReader } from "../../src/workload/rest-reader.ts";
import { planWith } from "../support/plan.ts";
import { sotwResponse } from "../support/responses.ts";

const { workload } = planWith({});
const typeUrl = typeUrlOf(workload);
const HEARTBEAT = create(ResourceSchema, { name: "bench-0", version: "1", ttl: { seconds: 5n } });

test("a heartbeat, a name and a TTL without a resource, is no fault", () => {
  const response = create(DeltaDiscoveryResponseSchema, { typeUrl, nonce: "n", resources: [HEARTBEAT] });
  const delta = new ResponseReader(workload, "delta").read(
    Buffer.from(toBinary(DeltaDiscoveryResponseSchema, response)),
  );
  assert.deepEqual([delta.fault, delta.heartbeats, delta.count], [undefined, 1, 0]);
  const wrapper = {
    typeUrl: "type.googleapis.com/envoy.service.discovery.v3.Resource",
    value: toBinary(ResourceSchema, HEARTBEAT),
  };
  const sotw = new ResponseReader(workload, "sotw").read(sotwResponse(typeUrl, "1", [wrapper], "n"));
  assert.deepEqual([sotw.fault, sotw.heartbeats, sotw.count], [undefined, 1, 0]);
});

for (const answer of ["null", "7", "[null]", '{"resources":[null]}', '{"resources":[{"@type":{"toString":1}}]}']) {
  test(`the answer ${answer} to a poll is a fault, or nothing, and no exception`, () => {
    const { content } = new RestReader(workload, namesOf(workload)).read(Buffer.from(answer));
    assert.equal(content.fault === undefined, answer === "[null]");
  });
}
