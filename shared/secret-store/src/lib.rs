#![doc = include_str!("../README.md")]

mod document;
mod error;
mod store;
mod token;

pub use document::{Document, InvalidDocument};
pub use error::{Error, Kind};
pub use store::{Description, SecretStore, Stage, Version};
pub use token::{NoToken, auth_token};
