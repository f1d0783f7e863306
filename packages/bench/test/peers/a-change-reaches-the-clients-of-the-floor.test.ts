import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { without } from "../../../../test/support/tools.ts";
import { build } from "../../scripts/peers/build-floor.ts";
import { startPeer } from "../support/running-peer.ts";

const RESOURCES = 10;
const ACK = Buffer.concat([Buffer.from([0, 0, 0, 100]), Buffer.alloc(100)]);

test("the floor sends the whole state at first and at each change", async (t) => {
  const built = await build();
  if (built.kind === "left-out") return t.skip(without(built.reason).skip);
  const floor = await startPeer(built.command, ["--resources", String(RESOURCES)]);
  const sockets: Socket[] = [];
  const open = (resources: number): Socket => {
    const socket = connect(Number(floor.xds.split(":")[1]), "127.0.0.1");
    sockets.push(socket);
    socket.write(hello(resources));
    return socket;
  };
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    assert.equal(await floor.end(), 0);
  });

  const client = open(RESOURCES);
  const first = await readState(client);
  assert.deepEqual(marksOf(first), Array(RESOURCES).fill(0));
  client.write(ACK);
  assert.equal((await floor.change("sequence=7&resource=3")).status, 204);
  const second = await readState(client);
  assert.equal(second.length, first.length);
  assert.deepEqual(marksOf(second), [0, 0, 0, 7, 0, 0, 0, 0, 0, 0]);

  const stranger = open(RESOURCES + 1);
  stranger.resume();
  await once(stranger, "close");
});

function hello(resources: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.write("FLOORv1\n");
  bytes.writeUInt32BE(resources, 8);
  return bytes;
}

/** The next state, without its length. */
async function readState(socket: Socket): Promise<Buffer> {
  const length = (await readExactly(socket, 4)).readUInt32BE();
  return readExactly(socket, length);
}

async function readExactly(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes: unknown = socket.read(length);
    if (bytes instanceof Buffer) return bytes;
    await once(socket, "readable");
  }
}

function marksOf(state: Buffer): number[] {
  return Array.from(state.toString("latin1").matchAll(/change-(\d{12})/g), ([, digits]) => Number(digits));
}
