//! The same binary against other people's emulators and with other people's SDK, and under another clock. `scripts/test.sh` installs them and runs this; a plain `cargo test`
//! leaves it out.

#[cfg(test)]
mod clock;
#[cfg(test)]
mod moto;
#[cfg(test)]
mod python;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod sdk;
