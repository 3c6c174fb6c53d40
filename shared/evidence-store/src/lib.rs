#![doc = include_str!("../README.md")]

mod error;
mod file;
mod list;
mod read;
mod store;
mod write;

pub use error::{Error, Kind};
pub use store::EvidenceStore;
pub use write::Put;
