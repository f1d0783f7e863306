/**
 * What every socket of the process reads into, one after the other: whoever is called consumes it before returning. A buffer
 * for each of 15,000 sockets would cost a gigabyte.
 */
export const readBuffer: Buffer = Buffer.allocUnsafeSlow(262_144);
