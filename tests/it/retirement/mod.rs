//! `retire-keys`, as it is shipped.

mod adopted;
mod budget;
mod deletion;
mod faults;
mod foreign;
mod ledger;
mod life;
mod meanwhile;
mod no_leak;
mod observe;
mod orphans;
mod proof;
mod rollback;
mod scope;
mod secrets;
pub(crate) mod stage;
mod token;
mod traffic;
