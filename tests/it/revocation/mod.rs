//! `revoke-key`, as it is shipped.

mod drill;
