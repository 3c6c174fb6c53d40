//! The shipped binary beside a Python rotation function, in one harness and one run.

mod measure;
mod report;

pub use measure::{Measured, measure};
pub use report::{Comparison, compressed_size};
