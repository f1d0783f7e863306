//! The bench's workload on tonic: every stream gets the newest state, and ACKs are read, not waited for.

mod codec;
mod service;
mod session;
mod style;

use std::sync::Arc;
use std::{fs, io};

use service::XdsService;
use style::{Naive, Shared, Style};
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use workload::options::{self, Options, Tls};
use workload::snapshot::Snapshot;
use workload::{control, fail, listen::listen, program, versions};

const PEER: &str = "tonic";
const BACKLOG: u32 = 4096;

fn main() {
    let options = options::read(std::env::args().skip(1)).unwrap_or_else(|reason| fail(PEER, &reason, 2));
    if options.version {
        println!("{PEER} {} ({})", versions::TONIC, versions::RUSTC);
        return;
    }
    // The server is measured on one core: a second thread would only add its switches.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| fail(PEER, &format!("no event loop: {error}"), 1));
    let ended = match options.mode.as_deref() {
        None | Some("shared") => runtime.block_on(serve::<Shared>(options)),
        Some("naive") => runtime.block_on(serve::<Naive>(options)),
        Some(other) => fail(PEER, &format!("--mode {other}: it is shared or naive"), 2),
    };
    if let Err(reason) = ended {
        fail(PEER, &reason, 1);
    }
}

async fn serve<S: Style>(options: Options) -> Result<(), String> {
    let first = Arc::new(Snapshot::first(options.shape));
    let (sender, snapshots) = watch::channel(Arc::clone(&first));
    let mut server = Server::builder();
    if let Some(tls) = &options.tls {
        server = server.tls_config(read_tls(tls)?).map_err(|error| format!("--tls-cert, --tls-key: {error}"))?;
    }
    let control_listener = listen(options.control_port).map_err(|error| format!("--control-port: {error}"))?;
    let control_port = port_of(control_listener.local_addr())?;
    let xds = bind(options.xds_port).map_err(|error| format!("--xds-port: {error}"))?;
    let xds_port = port_of(xds.local_addr())?;
    control::serve(control_listener, first, move |snapshot| {
        sender.send_replace(snapshot);
    });
    program::announce(xds_port, control_port);
    let incoming = TcpIncoming::from(xds).with_nodelay(Some(true));
    server.serve_with_incoming(XdsService::<S>::new(snapshots), incoming).await.map_err(|error| error.to_string())
}

fn bind(port: u16) -> io::Result<tokio::net::TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((std::net::Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)
}

fn port_of(address: io::Result<std::net::SocketAddr>) -> Result<u16, String> {
    address.map(|address| address.port()).map_err(|error| error.to_string())
}

fn read_tls(tls: &Tls) -> Result<ServerTlsConfig, String> {
    let read = |flag: &str, path: &str| fs::read(path).map_err(|error| format!("{flag} {path}: {error}"));
    let identity = Identity::from_pem(read("--tls-cert", &tls.cert)?, read("--tls-key", &tls.key)?);
    let config = ServerTlsConfig::new().identity(identity);
    match &tls.ca {
        None => Ok(config),
        Some(ca) => Ok(config.client_ca_root(Certificate::from_pem(read("--tls-ca", ca)?))),
    }
}
