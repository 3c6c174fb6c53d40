//! Lists in pages.

use serde_json::{Value, json};

use super::wire::{Parameters, ServiceError, set};

/// Puts one page of a list into an answer, with the token of the next page if there is one.
pub(super) fn page(
    parameters: &Parameters,
    most: usize,
    items: Vec<Value>,
    member: &str,
    answer: &mut Value,
) -> Result<(), ServiceError> {
    let size = parameters.page_size(most)?;
    let start = match parameters.text("NextToken", 1, 4096)? {
        None => 0,
        Some(token) => offset(token)
            .filter(|offset| *offset < items.len())
            .ok_or_else(|| ServiceError::new("InvalidNextTokenException", "The NextToken value is invalid."))?,
    };
    let end = start.saturating_add(size);
    if end < items.len() {
        set(answer, "NextToken", json!(hex::encode(format!("after {end}"))));
    }
    set(answer, member, items.into_iter().skip(start).take(size).collect());
    Ok(())
}

fn offset(token: &str) -> Option<usize> {
    String::from_utf8(hex::decode(token).ok()?).ok()?.strip_prefix("after ")?.parse().ok()
}
