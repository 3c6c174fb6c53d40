//! What is promised of a key's life: every combination of facts in golden tables, every way out, and a million judgements in
//! worlds that were made up at random.

#[cfg(test)]
mod chain;
#[cfg(test)]
mod decision_table;
#[cfg(test)]
mod exits;
#[cfg(test)]
mod given;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod history;
#[cfg(test)]
mod ownership_table;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tie;
#[cfg(test)]
mod world;
