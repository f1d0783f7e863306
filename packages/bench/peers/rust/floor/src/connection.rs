use std::io::{Error, ErrorKind, Read, Result, Write};

use bytes::Bytes;
use mio::net::TcpStream;

const HELLO_BYTES: usize = 16;
const MAGIC: &[u8; 8] = b"FLOORv1\n";

/// A state as every client gets it.
#[derive(Clone)]
pub struct State {
    pub revision: u64,
    /// Its length and itself.
    pub bytes: Bytes,
}

/// One client: what it has not been sent yet is at most one state and the newest one.
pub struct Connection {
    stream: TcpStream,
    resources: u32,
    hello: [u8; HELLO_BYTES],
    hello_have: u8,
    /// The revision that is sent or being sent.
    revision: u64,
    /// The part of it that the socket did not take yet.
    rest: Bytes,
}

impl Connection {
    pub fn new(stream: TcpStream, resources: u32) -> Self {
        Self { stream, resources, hello: [0; HELLO_BYTES], hello_have: 0, revision: 0, rest: Bytes::new() }
    }

    pub fn is_greeted(&self) -> bool {
        usize::from(self.hello_have) == HELLO_BYTES
    }

    /// Reads until nothing is there. Of ACKs nothing is kept: reading them is their cost.
    pub fn read(&mut self) -> Result<()> {
        let mut scratch = [0; 4096];
        loop {
            match self.stream.read(&mut scratch) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    self.greet(&scratch[..length])?;
                    if length < scratch.len() {
                        return Ok(()); // there was no more; what comes later is a new event
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn greet(&mut self, bytes: &[u8]) -> Result<()> {
        if self.is_greeted() {
            return Ok(());
        }
        let have = usize::from(self.hello_have);
        let taken = bytes.len().min(HELLO_BYTES - have);
        self.hello[have..have + taken].copy_from_slice(&bytes[..taken]);
        self.hello_have += taken as u8;
        if !self.is_greeted() {
            return Ok(());
        }
        let is_ours = self.hello[..8] == *MAGIC && self.hello[12..] == [0; 4];
        if is_ours && self.hello[8..12] == self.resources.to_be_bytes() {
            return Ok(());
        }
        Err(Error::from(ErrorKind::InvalidData))
    }

    /// Writes what is left of a state, and then the newest one, as far as the socket takes it.
    pub fn write(&mut self, newest: &State) -> Result<()> {
        if !self.is_greeted() {
            return Ok(());
        }
        loop {
            if self.rest.is_empty() {
                if self.revision == newest.revision {
                    return Ok(());
                }
                self.revision = newest.revision;
                self.rest = newest.bytes.clone();
            }
            match self.stream.write(&self.rest) {
                Ok(length) => drop(self.rest.split_to(length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
