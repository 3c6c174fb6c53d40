//! The functions as they are shipped, at work with each server.

pub(super) mod audit;
pub(super) mod retire;
pub(super) mod revoke;
pub(super) mod rotate;
mod world;
