//! `audit-keys`, as it is shipped.

mod events;
mod faults;
mod findings;
mod hostile;
mod inventory;
mod no_leak;
mod pauses;
mod publish;
mod requests;
mod scene;
mod since;
mod unknown;
