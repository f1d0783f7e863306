import type { NodeIdentity } from "../server/source.ts";
import { readLocality } from "./locality.ts";
import { mergeMessage } from "./merge.ts";
import { ReadOnce } from "./read-once.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import { encodeStruct, readStruct } from "./struct.ts";
import { sizeOfBytesField, sizeOfStringField, sizeOfStringsField, WireWriter } from "./writer.ts";

/** What a client says of itself: all of a {@link NodeIdentity} but what its connection proves. */
export type NodeClaim = Omit<NodeIdentity, "sans">;

type Locality = NodeIdentity["locality"];

const ID = tagOf(1, WIRE.bytes);
const CLUSTER = tagOf(2, WIRE.bytes);
const METADATA = tagOf(3, WIRE.bytes);
const LOCALITY = tagOf(4, WIRE.bytes);
const USER_AGENT_NAME = tagOf(6, WIRE.bytes);
const USER_AGENT_VERSION = tagOf(7, WIRE.bytes);
const USER_AGENT_BUILD_VERSION = tagOf(8, WIRE.bytes);
const CLIENT_FEATURES = tagOf(10, WIRE.bytes);

const SEMANTIC_VERSION = tagOf(1, WIRE.bytes);
const MAJOR = tagOf(1, WIRE.varint);
const MINOR = tagOf(2, WIRE.varint);
const PATCH = tagOf(3, WIRE.varint);

/**
 * Reads a `core.v3.Node`. A build version reads as `major.minor.patch`; extensions, listening addresses and dynamic
 * parameters are stepped over.
 *
 * @throws WireError
 */
export function readNode(bytes: Uint8Array): NodeClaim {
  const reader = new WireReader(bytes);
  const clientFeatures: string[] = [];
  let id = "";
  let cluster = "";
  let metadata: Uint8Array | undefined;
  let locality: Uint8Array | undefined;
  let userAgentName = "";
  let version: UserAgentVersion = { text: "", build: undefined };
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === ID) id = reader.string();
    else if (tag === CLUSTER) cluster = reader.string();
    else if (tag === METADATA) metadata = mergeMessage(metadata, reader.view());
    else if (tag === LOCALITY) locality = mergeMessage(locality, reader.view());
    else if (tag === USER_AGENT_NAME) userAgentName = reader.string();
    else if (tag === USER_AGENT_VERSION) version = { text: reader.string(), build: undefined };
    else if (tag === USER_AGENT_BUILD_VERSION)
      version = { text: "", build: mergeMessage(version.build, reader.view()) };
    else if (tag === CLIENT_FEATURES) clientFeatures.push(reader.string());
    else reader.skip(tag);
  }
  return {
    id,
    cluster: shared(cluster),
    locality: locality ? localities.get(locality).value : NOWHERE,
    metadata: metadata ? metadatas.get(metadata).value : NO_METADATA,
    userAgentName: shared(userAgentName),
    userAgentVersion: shared(version.build ? readBuildVersion(version.build) : version.text),
    clientFeatures: sharedFeatures(clientFeatures),
  };
}

/** A `oneof`: the last of the two on the wire counts. */
interface UserAgentVersion {
  readonly text: string;
  readonly build: Uint8Array | undefined;
}

// A fleet of proxies says the same in many ways.
const localities = new ReadOnce(readLocality);
const metadatas = new ReadOnce(readStruct);

/** Texts, and lists of features, that many clients share; most that are remembered. */
const MAX_SHARED = 1_024;
const sharedTexts = new Map<string, string>();
const sharedLists = new Map<string, readonly string[]>();

function shared(text: string): string {
  const known = sharedTexts.get(text);
  if (known !== undefined) return known;
  if (sharedTexts.size < MAX_SHARED && text.length <= MAX_SHARED_CHARACTERS) sharedTexts.set(text, text);
  return text;
}

function sharedFeatures(features: readonly string[]): readonly string[] {
  const key = features.join("\n");
  const known = sharedLists.get(key);
  if (known?.length === features.length) return known;
  if (sharedLists.size < MAX_SHARED && key.length <= MAX_SHARED_CHARACTERS) sharedLists.set(key, features);
  return features;
}

/** A client may say anything at any length. */
const MAX_SHARED_CHARACTERS = 2_048;

const NO_METADATA: NodeClaim["metadata"] = {};
const NOWHERE: Locality = { region: "", zone: "", subZone: "" };

function readBuildVersion(bytes: Uint8Array): string {
  const reader = new WireReader(bytes);
  let version: Uint8Array | undefined;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === SEMANTIC_VERSION) version = mergeMessage(version, reader.view());
    else reader.skip(tag);
  }
  return version ? readSemanticVersion(version) : "";
}

function readSemanticVersion(bytes: Uint8Array): string {
  const reader = new WireReader(bytes);
  let major = 0;
  let minor = 0;
  let patch = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === MAJOR) major = reader.int32() >>> 0;
    else if (tag === MINOR) minor = reader.int32() >>> 0;
    else if (tag === PATCH) patch = reader.int32() >>> 0;
    else reader.skip(tag);
  }
  return `${major}.${minor}.${patch}`;
}

/** A node for {@link encodeNode}: what is left out is empty. */
export interface NodeToEncode extends Partial<Omit<NodeClaim, "locality">> {
  readonly id: string;
  readonly locality?: Partial<Locality>;
}

/** Encodes a `core.v3.Node`. */
export function encodeNode(node: NodeToEncode): Uint8Array {
  const { id, cluster = "", userAgentName = "", userAgentVersion = "", clientFeatures = [] } = node;
  const metadata = node.metadata && encodeStruct(node.metadata);
  const locality = node.locality && encodeLocality(node.locality);
  const writer = new WireWriter(
    sizeOfStringField(id) +
      sizeOfStringField(cluster) +
      (metadata ? sizeOfBytesField(metadata.length) : 0) +
      (locality ? sizeOfBytesField(locality.length) : 0) +
      sizeOfStringField(userAgentName) +
      sizeOfStringField(userAgentVersion) +
      sizeOfStringsField(clientFeatures),
  );
  writer.stringField(1, id);
  writer.stringField(2, cluster);
  if (metadata) writer.bytesField(3, metadata);
  if (locality) writer.bytesField(4, locality);
  writer.stringField(6, userAgentName);
  writer.stringField(7, userAgentVersion);
  writer.stringsField(10, clientFeatures);
  return writer.finish();
}

function encodeLocality(locality: Partial<Locality>): Uint8Array {
  const { region = "", zone = "", subZone = "" } = locality;
  const writer = new WireWriter(sizeOfStringField(region) + sizeOfStringField(zone) + sizeOfStringField(subZone));
  writer.stringField(1, region);
  writer.stringField(2, zone);
  writer.stringField(3, subZone);
  return writer.finish();
}
