//! What the programs were built from.

pub const RUSTC: &str = env!("RUSTC_VERSION");
pub const TONIC: &str = env!("TONIC_VERSION");
pub const MIO: &str = env!("MIO_VERSION");
