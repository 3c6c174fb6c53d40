//! The shipped binary in its small world.

#[cfg(test)]
mod happy_path;
