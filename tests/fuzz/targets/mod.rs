//! What must hold for any input, one file for each kind of it.

mod answer;
mod base_url;
mod dsn;
mod duration;
mod event;
mod label;
mod ledger;
mod management_token;
mod policy;
mod stored_document;
