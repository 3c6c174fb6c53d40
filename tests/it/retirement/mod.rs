//! `retire-keys`, as it is shipped.

mod life;
mod stage;
