//! The client at the wire: what it sends, and what it makes of what comes back.
//!
//! Every test serves answers on loopback and asserts the exact list of requests that arrived, so that one request too
//! many fails it as surely as one too few. The answers are what Sentry was seen to say
//! (facts/sentry-23.7.1-observed.md), or what something between us and Sentry says in its place.

#[cfg(test)]
mod audit_log;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod deadline;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod integrations;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod keys_list;
#[cfg(test)]
mod keys_write;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod log;
#[cfg(test)]
mod organization;
#[cfg(test)]
mod organization_keys;
#[cfg(test)]
mod organization_tokens;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod question;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod retry;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod script;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod stats;
