use bytes::Bytes;
use tonic::codec::Codec;
use tonic_prost::ProstCodec;
use workload::messages::{DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse};
use workload::snapshot::Snapshot;

use crate::codec::SharedCodec;
use prost::Message;

/// What a stream is given, and how that becomes bytes.
pub trait Style: Send + Sync + 'static {
    type Sotw: Send + 'static;
    type Delta: Send + 'static;
    type SotwCodec: Codec<Encode = Self::Sotw, Decode = DiscoveryRequest> + Default + Send + 'static;
    type DeltaCodec: Codec<Encode = Self::Delta, Decode = DeltaDiscoveryRequest> + Default + Send + 'static;

    fn sotw(snapshot: &Snapshot) -> Self::Sotw;
    fn delta_since(snapshot: &Snapshot, revision: u64) -> Self::Delta;
    fn delta_of(snapshot: &Snapshot, names: &[String]) -> Self::Delta;
}

/// A response is encoded once, nonce and all, and its bytes go to every stream that needs just that one.
pub struct Shared;

impl Style for Shared {
    type Sotw = Bytes;
    type Delta = Bytes;
    type SotwCodec = SharedCodec<DiscoveryRequest>;
    type DeltaCodec = SharedCodec<DeltaDiscoveryRequest>;

    fn sotw(snapshot: &Snapshot) -> Bytes {
        snapshot.sotw_bytes()
    }

    fn delta_since(snapshot: &Snapshot, revision: u64) -> Bytes {
        snapshot.delta_bytes_since(revision)
    }

    fn delta_of(snapshot: &Snapshot, names: &[String]) -> Bytes {
        snapshot.delta_of(names).encode_to_vec().into()
    }
}

/// Each stream is given a message of its own, and tonic's prost codec encodes it there.
pub struct Naive;

impl Style for Naive {
    type Sotw = DiscoveryResponse;
    type Delta = DeltaDiscoveryResponse;
    type SotwCodec = ProstCodec<DiscoveryResponse, DiscoveryRequest>;
    type DeltaCodec = ProstCodec<DeltaDiscoveryResponse, DeltaDiscoveryRequest>;

    fn sotw(snapshot: &Snapshot) -> DiscoveryResponse {
        snapshot.sotw()
    }

    fn delta_since(snapshot: &Snapshot, revision: u64) -> DeltaDiscoveryResponse {
        snapshot.delta_since(revision)
    }

    fn delta_of(snapshot: &Snapshot, names: &[String]) -> DeltaDiscoveryResponse {
        snapshot.delta_of(names)
    }
}
