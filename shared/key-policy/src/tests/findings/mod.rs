//! Every rule, from facts to findings.

mod exceptions;
mod frame;
mod keys;
mod properties;
mod reviews;
mod rotation;
mod secrets;
mod severity;
mod tokens;
