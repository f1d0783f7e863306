//! Follows a type of an xDS server over aggregated State-of-the-World streams, ACKs all that comes, and prints a line
//! of JSON for each response. Ends with its stdin.
//!
//! `tonic-client <url> <node id> <node cluster> <type URL> <streams> [<ca> <server name> [<certificate> <key>]]`

mod messages;

use std::io::Read;

use messages::{DiscoveryRequest, DiscoveryResponse, Node};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic_prost::ProstCodec;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const METHOD: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, id, cluster, type_url, streams, tls @ ..] = arguments.as_slice() else {
        return Err("give a URL, the node's id and cluster, a type URL and the number of streams".into());
    };
    std::thread::spawn(end_with_stdin);
    let channel = endpoint(url, tls)?.connect().await?;
    let node = Node { id: id.clone(), cluster: cluster.clone() };
    let mut follows = tokio::task::JoinSet::new();
    for stream in 0..streams.parse()? {
        follows.spawn(follow(channel.clone(), stream, node.clone(), type_url.clone()));
    }
    while let Some(end) = follows.join_next().await {
        end??;
    }
    Ok(())
}

fn endpoint(url: &str, tls: &[String]) -> Result<Endpoint, Failure> {
    let endpoint = Endpoint::from_shared(url.to_owned())?;
    let [ca, server_name, identity @ ..] = tls else { return Ok(endpoint) };
    let mut config = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(std::fs::read(ca)?))
        .domain_name(server_name.clone());
    if let [certificate, key] = identity {
        config = config.identity(Identity::from_pem(std::fs::read(certificate)?, std::fs::read(key)?));
    }
    Ok(endpoint.tls_config(config)?)
}

/// One stream, until the server ends it.
async fn follow(channel: Channel, stream: usize, node: Node, type_url: String) -> Result<(), Failure> {
    let (requests, queue) = mpsc::channel(1);
    let first = DiscoveryRequest { node: Some(node), type_url: type_url.clone(), ..Default::default() };
    requests.send(first).await?;
    let mut client = Grpc::new(channel).max_decoding_message_size(64 << 20);
    client.ready().await?;
    let codec = ProstCodec::<DiscoveryRequest, DiscoveryResponse>::default();
    let path = http::uri::PathAndQuery::from_static(METHOD);
    let call = client.streaming(tonic::Request::new(ReceiverStream::new(queue)), path, codec).await?;
    let mut responses = call.into_inner();
    while let Some(response) = responses.message().await? {
        let bytes: usize = response.resources.iter().map(|any| any.value.len()).sum();
        let (version, resources) = (&response.version_info, response.resources.len());
        println!(r#"{{"stream":{stream},"version":"{version}","resources":{resources},"bytes":{bytes}}}"#);
        let ack = DiscoveryRequest {
            version_info: response.version_info,
            response_nonce: response.nonce,
            type_url: type_url.clone(),
            ..Default::default()
        };
        requests.send(ack).await?;
    }
    Ok(())
}

/// The test closes it, or is gone.
fn end_with_stdin() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}
