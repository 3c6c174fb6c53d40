//! What each function is granted, what for, and what is missed without it: a row for each grant of the template.
//!
//! The tests of least privilege play every row: under exactly its role a function does its whole work, and with one grant
//! less it does what the row says. `docs/roles.md` is made of the same rows.

mod page;
mod table;

pub use page::roles_page;
pub use table::{FUNCTIONS, Granted, Row, TOKENS, Told, Without};
