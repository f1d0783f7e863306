//! The floor: whole states on bare TCP. One thread, one epoll, no protocol: what remains is the kernel's work.

mod connection;

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use connection::{Connection, State};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use workload::options::{self, Options};
use workload::snapshot::Snapshot;
use workload::{control, fail, listen::listen, program, versions};

const PEER: &str = "floor";
const BACKLOG: i32 = 4096;
const LISTENER: Token = Token(usize::MAX);
const CHANGED: Token = Token(usize::MAX - 1);
const MAX_EVENTS: usize = 1024;

fn main() {
    let options = options::read(std::env::args().skip(1)).unwrap_or_else(|reason| fail(PEER, &reason, 2));
    if options.version {
        println!("{PEER} {} (mio {}, {})", env!("CARGO_PKG_VERSION"), versions::MIO, versions::RUSTC);
        return;
    }
    if options.tls.is_some() {
        fail(PEER, "it is bare TCP: there is no --tls-cert", 2);
    }
    if let Err(reason) = serve(options) {
        fail(PEER, &reason, 1);
    }
}

fn serve(options: Options) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let first = Arc::new(Snapshot::first(options.shape));
    let poll = Poll::new().map_err(io)?;
    let waker = Waker::new(poll.registry(), CHANGED).map_err(io)?;
    let (sender, changes) = channel();
    let control_listener = listen(options.control_port).map_err(|error| format!("--control-port: {error}"))?;
    let control_port = control_listener.local_addr().map_err(io)?.port();
    let mut listener = bind(options.xds_port).map_err(|error| format!("--xds-port: {error}"))?;
    let xds_port = listener.local_addr().map_err(io)?.port();
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE).map_err(io)?;
    let state = frame(&first);
    control::serve(control_listener, first, move |snapshot| {
        let _ = sender.send(snapshot);
        let _ = waker.wake();
    });
    program::announce(xds_port, control_port);
    let floor = Floor { poll, listener, connections: Vec::new(), free: Vec::new(), state };
    floor.run(&changes, options.shape.resources as u32).map_err(io)
}

fn bind(port: u16) -> std::io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// A snapshot as it is written: its length, and the SotW response that a gRPC peer would send.
fn frame(snapshot: &Snapshot) -> State {
    let body = snapshot.sotw_bytes();
    let mut bytes = Vec::with_capacity(4 + body.len());
    bytes.extend_from_slice(&(body.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&body);
    State { revision: snapshot.revision, bytes: bytes.into() }
}

struct Floor {
    poll: Poll,
    listener: TcpListener,
    /// By token.
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    state: State,
}

impl Floor {
    fn run(mut self, changes: &Receiver<Arc<Snapshot>>, resources: u32) -> std::io::Result<()> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        loop {
            if let Err(error) = self.poll.poll(&mut events, None) {
                if error.kind() == ErrorKind::Interrupted {
                    continue;
                }
                return Err(error);
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(resources),
                    CHANGED => self.fan_out(changes),
                    Token(at) if event.is_read_closed() => self.drop_connection(at),
                    Token(at) => self.serve(at, event.is_writable()),
                }
            }
        }
    }

    fn accept(&mut self, resources: u32) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            let at = self.free.pop().unwrap_or(self.connections.len());
            // Edge triggered: one registration serves reading and writing for good.
            let interest = Interest::READABLE | Interest::WRITABLE;
            if stream.set_nodelay(true).is_err()
                || self.poll.registry().register(&mut stream, Token(at), interest).is_err()
            {
                self.free.push(at);
                continue;
            }
            if at == self.connections.len() {
                self.connections.push(None);
            }
            self.connections[at] = Some(Connection::new(stream, resources));
        }
    }

    fn fan_out(&mut self, changes: &Receiver<Arc<Snapshot>>) {
        let Some(latest) = changes.try_iter().last() else { return };
        self.state = frame(&latest);
        for at in 0..self.connections.len() {
            let Some(connection) = &mut self.connections[at] else { continue };
            if connection.write(&self.state).is_err() {
                self.drop_connection(at);
            }
        }
    }

    fn serve(&mut self, at: usize, is_writable: bool) {
        let Some(connection) = &mut self.connections[at] else { return };
        let was_greeted = connection.is_greeted();
        let mut outcome = connection.read();
        if outcome.is_ok() && (is_writable || !was_greeted) {
            outcome = connection.write(&self.state);
        }
        if outcome.is_err() {
            self.drop_connection(at);
        }
    }

    fn drop_connection(&mut self, at: usize) {
        if self.connections[at].take().is_some() {
            self.free.push(at);
        }
    }
}
