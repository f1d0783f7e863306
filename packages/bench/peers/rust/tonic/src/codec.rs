use std::marker::PhantomData;

use bytes::{BufMut, Bytes};
use prost::Message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Puts responses that are bytes already; decodes requests of type `R`.
pub struct SharedCodec<R>(PhantomData<fn() -> R>);

impl<R> Default for SharedCodec<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<R: Message + Default + 'static> Codec for SharedCodec<R> {
    type Encode = Bytes;
    type Decode = R;
    type Encoder = PutBytes;
    type Decoder = ReadMessage<R>;

    fn encoder(&mut self) -> PutBytes {
        PutBytes
    }

    fn decoder(&mut self) -> ReadMessage<R> {
        ReadMessage(PhantomData)
    }
}

pub struct PutBytes;

impl Encoder for PutBytes {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.reserve(item.len());
        target.put(item);
        Ok(())
    }
}

pub struct ReadMessage<R>(PhantomData<fn() -> R>);

impl<R: Message + Default + 'static> Decoder for ReadMessage<R> {
    type Item = R;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<R>, Status> {
        R::decode(source).map(Some).map_err(|error| Status::invalid_argument(error.to_string()))
    }
}
