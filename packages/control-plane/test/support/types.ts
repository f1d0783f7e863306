import { create, type MessageInitShape, setExtension, toBinary } from "@bufbuild/protobuf";
import { FieldOptionsSchema, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { FieldRulesSchema, rules } from "@fairlead/envoy-api/validate/validate_pb";

/** A file of a descriptor set. */
export type FileInit = MessageInitShape<typeof FileDescriptorProtoSchema>;

const OPTIONAL = 1;
const STRING = 9;
const UINT32 = 13;

/** The type URL of {@link widgets}' message. */
export const WIDGET = "type.googleapis.com/acme.v1.Widget";

/** A file with `acme.v1.Widget`: a name, and a size that must be less than `limit`. */
export function widgets(limit = 10, init: FileInit = {}): FileInit {
  const options = create(FieldOptionsSchema);
  const lt = create(FieldRulesSchema, { type: { case: "uint32", value: { lt: limit } } });
  setExtension(options, rules, lt);
  return {
    name: "acme/v1/widget.proto",
    package: "acme.v1",
    syntax: "proto3",
    dependency: ["validate/validate.proto"],
    messageType: [
      {
        name: "Widget",
        field: [
          { name: "name", number: 1, label: OPTIONAL, type: STRING, jsonName: "name" },
          { name: "grid_size", number: 2, label: OPTIONAL, type: UINT32, jsonName: "gridSize", options },
        ],
      },
    ],
    ...init,
  };
}

/** A serialized descriptor set. */
export function setOf(...files: readonly FileInit[]): Uint8Array {
  const file = files.map((init) => create(FileDescriptorProtoSchema, init));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}
