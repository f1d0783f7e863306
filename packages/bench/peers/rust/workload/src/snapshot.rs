use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use prost::Message;

use crate::messages::{
    Address, Any, Cluster, ClusterLoadAssignment, DeltaDiscoveryResponse, DiscoveryResponse, DiscoveryType, Duration,
    Endpoint, LbEndpoint, LocalityLbEndpoints, Port, Resource, SocketAddress,
};
use crate::options::{Kind, Shape};

/// Shared delta responses kept at a time: streams that are further behind than these have theirs encoded for them alone.
const MAX_KEPT_DELTAS: usize = 64;

/// One resource as it stands.
pub struct Held {
    pub name: String,
    /// The revision of the snapshot in which it last changed: its version on the wire.
    pub revision: u64,
    pub any: Any,
}

/// All resources at one moment, and the responses that tell of them, each encoded when first asked for.
pub struct Snapshot {
    pub shape: Shape,
    /// Counts the changes since the start, from 1 (none yet).
    pub revision: u64,
    /// The number that the last change was given.
    pub sequence: u64,
    pub resources: Vec<Arc<Held>>,
    whole: OnceLock<Bytes>,
    since: Mutex<HashMap<u64, Bytes>>,
}

impl Snapshot {
    /// The workload before any change.
    pub fn first(shape: Shape) -> Self {
        let resources = (0..shape.resources).map(|index| hold(shape, index, 0, 1)).collect();
        Self::new(shape, 1, 0, resources)
    }

    /// The snapshot after change `sequence`, which touches these resources.
    pub fn changed(&self, sequence: u64, touched: impl Iterator<Item = usize>) -> Self {
        let revision = self.revision + 1;
        let mut resources = self.resources.clone();
        for index in touched {
            resources[index] = hold(self.shape, index, sequence, revision);
        }
        Self::new(self.shape, revision, sequence, resources)
    }

    fn new(shape: Shape, revision: u64, sequence: u64, resources: Vec<Arc<Held>>) -> Self {
        Self { shape, revision, sequence, resources, whole: OnceLock::new(), since: Mutex::default() }
    }

    /// Bytes of all resources, without what a response puts around them.
    pub fn bytes(&self) -> usize {
        self.resources.iter().map(|held| held.any.value.len()).sum()
    }

    /// The SotW response.
    pub fn sotw(&self) -> DiscoveryResponse {
        DiscoveryResponse {
            version_info: self.revision.to_string(),
            resources: self.resources.iter().map(|held| held.any.clone()).collect(),
            type_url: self.shape.kind.type_url().to_owned(),
            nonce: self.revision.to_string(),
        }
    }

    /// The SotW response's bytes, the same for all.
    pub fn sotw_bytes(&self) -> Bytes {
        self.whole.get_or_init(|| self.sotw().encode_to_vec().into()).clone()
    }

    /// The delta response for who holds the snapshot of that revision (0: none).
    pub fn delta_since(&self, revision: u64) -> DeltaDiscoveryResponse {
        self.delta(|held| held.revision > revision)
    }

    /// That response's bytes, the same for all who are that far.
    pub fn delta_bytes_since(&self, revision: u64) -> Bytes {
        let mut since = self.since.lock().expect("no holder of this lock panics");
        if let Some(bytes) = since.get(&revision) {
            return bytes.clone();
        }
        let bytes = Bytes::from(self.delta_since(revision).encode_to_vec());
        if since.len() < MAX_KEPT_DELTAS {
            since.insert(revision, bytes.clone());
        }
        bytes
    }

    /// The delta response for who asks for these again.
    pub fn delta_of(&self, names: &[String]) -> DeltaDiscoveryResponse {
        self.delta(|held| names.contains(&held.name))
    }

    fn delta(&self, is_wanted: impl Fn(&Held) -> bool) -> DeltaDiscoveryResponse {
        let wanted = self.resources.iter().filter(|held| is_wanted(held));
        DeltaDiscoveryResponse {
            system_version_info: self.revision.to_string(),
            resources: wanted
                .map(|held| Resource {
                    version: held.revision.to_string(),
                    resource: Some(held.any.clone()),
                    name: held.name.clone(),
                })
                .collect(),
            type_url: self.shape.kind.type_url().to_owned(),
            nonce: self.revision.to_string(),
        }
    }
}

fn hold(shape: Shape, index: usize, sequence: u64, revision: u64) -> Arc<Held> {
    let name = format!("bench-{index}");
    let assignment = ClusterLoadAssignment {
        cluster_name: name.clone(),
        endpoints: vec![LocalityLbEndpoints {
            lb_endpoints: (0..shape.endpoints).map(|endpoint| endpoint_of(index, endpoint, sequence)).collect(),
        }],
    };
    let value = match shape.kind {
        Kind::Endpoints => assignment.encode_to_vec(),
        Kind::Clusters => Cluster {
            name: name.clone(),
            discovery_type: Some(DiscoveryType::Type(0)),
            connect_timeout: Some(Duration { seconds: 1 }),
            load_assignment: Some(assignment),
        }
        .encode_to_vec(),
    };
    let any = Any { type_url: shape.kind.type_url().to_owned(), value: value.into() };
    Arc::new(Held { name, revision, any })
}

/// The first endpoint of a resource bears the mark of the last change that touched it.
fn endpoint_of(index: usize, endpoint: usize, sequence: u64) -> LbEndpoint {
    let address = format!("10.{}.{}.{}", index >> 8 & 255, index & 255, endpoint + 1);
    let hostname = if endpoint == 0 { format!("change-{sequence:012}") } else { String::new() };
    let socket_address = SocketAddress { address, port: Some(Port::PortValue(8080)) };
    LbEndpoint {
        endpoint: Some(Endpoint { address: Some(Address { socket_address: Some(socket_address) }), hostname }),
    }
}
