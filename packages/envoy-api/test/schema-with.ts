import { create, type MessageInitShape, setExtension, toBinary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  MessageOptionsSchema,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type Schema, schemaFrom } from "@fairlead/envoy-api";
import {
  disabled,
  FieldRulesSchema,
  file_validate_validate,
  required,
  rules,
} from "@fairlead/envoy-api/validate/validate_pb";

export type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;
export type RulesInit = MessageInitShape<typeof FieldRulesSchema>;

/** What `test.Subject` looks like: one field `value`, or more. */
export interface Subject {
  readonly fields: readonly { readonly field: FieldInit; readonly rules?: RulesInit }[];
  readonly requiredOneof?: string;
  readonly isDisabled?: boolean;
  /** Other messages in the file. */
  readonly beside?: MessageInitShape<typeof FileDescriptorProtoSchema>["messageType"];
}

const DEPENDENCIES = [
  file_google_protobuf_descriptor,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  file_validate_validate,
];

/** A schema whose message `test.Subject` states the given rules. */
export function schemaWith(subject: Subject): Schema {
  const fields = subject.fields.map(({ field, rules: init }, index) => {
    const options = create(FieldOptionsSchema);
    if (init !== undefined) setExtension(options, rules, create(FieldRulesSchema, init));
    const inOneof = subject.requiredOneof === undefined ? {} : { oneofIndex: 0 };
    return create(FieldDescriptorProtoSchema, {
      name: "value",
      number: index + 1,
      label: 1,
      ...field,
      ...inOneof,
      options,
    });
  });
  const oneofOptions = create(OneofOptionsSchema);
  setExtension(oneofOptions, required, true);
  const messageOptions = create(MessageOptionsSchema);
  if (subject.isDisabled) setExtension(messageOptions, disabled, true);
  const oneofDecl = subject.requiredOneof === undefined ? [] : [{ name: subject.requiredOneof, options: oneofOptions }];
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test",
    syntax: "proto3",
    dependency: DEPENDENCIES.map((it) => `${it.name}.proto`),
    messageType: [
      { name: "Subject", field: fields, oneofDecl, options: messageOptions, nestedType: [STRING_MAP] },
      ...(subject.beside ?? []),
    ],
    enumType: [
      {
        name: "Color",
        value: [
          { name: "UNSET", number: 0 },
          { name: "RED", number: 1 },
          { name: "BLUE", number: 2 },
        ],
      },
    ],
  });
  const set = create(FileDescriptorSetSchema, { file: [...DEPENDENCIES.map((it) => it.proto), file] });
  return schemaFrom(toBinary(FileDescriptorSetSchema, set));
}

/** The entry type of a `map<string, string>` field `value`. */
const STRING_MAP = {
  name: "ValueEntry",
  options: { mapEntry: true },
  field: [
    { name: "key", number: 1, label: 1, type: 9 },
    { name: "value", number: 2, label: 1, type: 9 },
  ],
} satisfies NonNullable<MessageInitShape<typeof FileDescriptorProtoSchema>["messageType"]>[number];
