#![doc = include_str!("../README.md")]

mod description;
mod document;
mod error;
mod list;
mod rotate;
mod stage;
mod store;
mod token;
mod value;
mod versions;

pub use description::{Description, Replica};
pub use document::{Document, InvalidDocument};
pub use error::{Error, Kind};
pub use list::{ListedSecret, RotationRules, SecretPages};
pub use stage::Stage;
pub use store::SecretStore;
pub use token::{NoToken, auth_token};
pub use value::Stored;
pub use versions::Version;
