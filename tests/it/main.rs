//! The shipped binary in its small world.

#[cfg(test)]
mod application;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod binding;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod earlier_attempts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod first_key;
#[cfg(test)]
mod happy_path;
#[cfg(test)]
mod key_settings;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod least_privilege;
#[cfg(test)]
mod management_token;
#[cfg(test)]
mod no_leak;
#[cfg(test)]
mod order;
#[cfg(test)]
mod pending_value;
#[cfg(test)]
mod project;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod retirement;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod support;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod test_only;
#[cfg(test)]
mod transcript;
#[cfg(test)]
mod visibility;
