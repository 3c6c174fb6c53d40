//! Hostile and broken bytes for everything that reads bytes of others. `docs/fuzzing.md` says how it works and how to run more.
//!
//! Each target states what must hold for *any* input. `corpus/<target>/` has its inputs, real and hostile: they are tried as
//! they are, then changed in ways that a seed decides.

#[cfg(test)]
mod engine;
#[cfg(test)]
mod json;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod targets;
