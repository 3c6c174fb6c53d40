//! Least privilege: the shipped functions under exactly the roles of `template.yaml`, and under each of them with one grant
//! less.

mod audit;
mod deployment;
mod grants;
mod page;
mod refused;
mod retirement;
mod revocation;
mod rotation;
mod scopes;
mod whole;
mod wire;
