#![doc = include_str!("../README.md")]

mod ledger;
mod proof;
mod switch;
mod value;

pub use ledger::{Chain, Draft, Ledger, LedgerError, Subject, Written};
pub use proof::{Refusal, ask_ingestion, ask_question};
pub use switch::{Switched, delete, switch};
pub use value::{Held, NOT_VISIBLE, read_version};
