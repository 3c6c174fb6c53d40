//! The file as operators see it: the rules, the report, the built-in policy.

mod built_in;
mod findings;
mod given;
mod members;
mod pages;
mod report;
mod rules;
mod schema;
