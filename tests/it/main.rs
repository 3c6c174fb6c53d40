//! The shipped binary in its small world.

#[cfg(test)]
mod application;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod happy_path;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod no_leak;
#[cfg(test)]
mod transcript;
