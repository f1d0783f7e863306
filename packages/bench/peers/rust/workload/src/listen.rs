use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Listens on a port of 127.0.0.1 (0: any).
pub fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}
