import type { Case } from "./case.ts";
import { C1 } from "./cases/c1.ts";
import { C2 } from "./cases/c2.ts";
import { C3 } from "./cases/c3.ts";
import { C4 } from "./cases/c4.ts";
import { C5 } from "./cases/c5.ts";
import { C6 } from "./cases/c6.ts";
import { C7 } from "./cases/c7.ts";
import { C8 } from "./cases/c8.ts";
import { C9 } from "./cases/c9.ts";
import { D1 } from "./cases/d1.ts";
import { D2 } from "./cases/d2.ts";
import { D3 } from "./cases/d3.ts";
import { D4 } from "./cases/d4.ts";
import { D5 } from "./cases/d5.ts";
import { D6 } from "./cases/d6.ts";
import { D7 } from "./cases/d7.ts";
import { D8 } from "./cases/d8.ts";
import { O1 } from "./cases/o1.ts";
import { O1_OWN_STREAMS } from "./cases/o1-own-streams.ts";
import { O1_REST } from "./cases/o1-rest.ts";
import { O2 } from "./cases/o2.ts";
import { O3 } from "./cases/o3.ts";
import { O4 } from "./cases/o4.ts";
import { O5 } from "./cases/o5.ts";
import { O6 } from "./cases/o6.ts";
import { S1 } from "./cases/s1.ts";
import { S2 } from "./cases/s2.ts";
import { S3 } from "./cases/s3.ts";
import { S4 } from "./cases/s4.ts";
import { S5 } from "./cases/s5.ts";
import { S6 } from "./cases/s6.ts";
import { W1 } from "./cases/w1.ts";
import { W2 } from "./cases/w2.ts";
import { W3 } from "./cases/w3.ts";
import { W4 } from "./cases/w4.ts";
import { W5 } from "./cases/w5.ts";
import { W6 } from "./cases/w6.ts";
import { W7 } from "./cases/w7.ts";

/** Every case, in the order of protocol.md. */
export const SUITE: readonly Case[] = [
  ...[S1, S2, S3, S4, S5, S6],
  ...[C1, C2, C3, C4, C5, C6, C7, C8, C9],
  ...[W1, W2, W3, W4, W5, W6, W7],
  ...[D1, D2, D3, D4, D5, D6, D7, D8],
  ...[O1, O1_OWN_STREAMS, O1_REST, O2, O3, O4, O5, O6],
].flat();
