//! The store at the wire: what it sends to S3, and what it makes of what comes back.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod file;
#[cfg(test)]
mod list;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod read;
#[cfg(test)]
mod service;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod write;
