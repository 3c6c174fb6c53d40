//! `revoke-key`, as it is shipped.

mod configuration;
mod drill;
mod elsewhere;
mod evidence;
mod faults;
mod no_leak;
mod refusals;
mod replacement;
mod scene;
mod subjects;
