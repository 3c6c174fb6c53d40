//! What is sent to AWS beside secrets and evidence.

#[cfg(test)]
mod event_bus;
