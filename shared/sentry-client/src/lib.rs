#![doc = include_str!("../README.md")]

mod api;
mod body;
mod budget;
mod call;
mod client;
mod dsn;
mod error;
mod ingestion;
mod introspection;
mod key;
mod page;
mod project;
mod question;
mod retry;
mod stats;
mod token;
mod url;

pub use api::Api;
pub use budget::Share;
pub use client::{BuildError, Client, Clock};
pub use dsn::{Dsn, InvalidDsn};
pub use error::{Error, Kind};
pub use ingestion::Probe;
pub use introspection::Identity;
pub use key::{ClientKey, KeySettings, KeyUpdate, NewKey, RateLimit};
pub use project::{Organization, Project};
pub use question::Answer;
pub use retry::RetryPolicy;
pub use stats::{KeyCount, Resolution};
pub use token::AuthToken;
pub use url::{BaseUrl, InvalidBaseUrl};
