//! The ledger: what was seen of a key and what was done to it, in records that are never changed.
//!
//! Each key has its own chain of records: every record carries the SHA-256 of the one before it, so that an altered or
//! missing one shows. The store writes a record only where none with its sequence number is: that is the
//! compare-and-swap between two runs.

mod chain;
mod history;
mod record;

pub use chain::{Broken, Entry, Head, check_chain, check_head, ledger_folder, next_head, object_key, secret_arn_of};
pub use history::{Disabled, History, Phase, Proven};
pub use record::{Answer, Class, Grade, Kind, Record};
