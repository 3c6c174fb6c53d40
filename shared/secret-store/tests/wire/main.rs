//! The store at the wire: what it sends to Secrets Manager, and what it makes of what comes back.

#[cfg(test)]
mod describe;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod list;
#[cfg(test)]
mod rotate;
#[cfg(test)]
mod service;
#[cfg(test)]
mod value;
