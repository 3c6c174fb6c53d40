//! What rotation promises, proven by enumeration: the decision over all observations, faults at all calls, two
//! invocations in all orders.

#[cfg(test)]
mod decision_table;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod giving_up;
#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod world;
