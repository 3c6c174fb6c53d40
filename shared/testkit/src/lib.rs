//! Development only: the outside world of the Lambda functions, on loopback.
//!
//! A [`http::Server`] plays one outside system. What it says is written in a [`http::StandIn`]; what goes wrong on the
//! way is written in a [`fault::FaultPlan`]; what was asked is in its record of [`http::Call`]s. The stand-ins share no
//! code with the clients that they test: they are written from what Sentry and AWS do, not from what our clients send.

pub mod access;
pub mod event_bus;
pub mod fault;
pub mod http;
pub mod lambda;
mod late;
pub mod s3;
pub mod secrets_manager;
pub mod sentry;
