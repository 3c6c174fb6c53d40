//! The same binary against other people's emulators. `scripts/test.sh` installs them and runs this; a plain `cargo test`
//! leaves it out.

#[cfg(test)]
mod moto;
