//! Lists in pages.

use serde_json::{Value, json};

use super::wire::{Parameters, ServiceError, set};

/// The number of the item after which a request goes on; 0 is the beginning.
pub(super) fn start(parameters: &Parameters) -> Result<u64, ServiceError> {
    let Some(token) = parameters.text("NextToken", 1, 4096)? else { return Ok(0) };
    number(token)
        .filter(|number| *number > 0)
        .ok_or_else(|| ServiceError::new("InvalidNextTokenException", "The NextToken value is invalid."))
}

/// Puts one page of a list into an answer, with the token of the next page if there is one. The items come with numbers
/// that grow, from the one after [`start`] on; what is not on the page is not shown.
pub(super) fn page<T>(
    parameters: &Parameters,
    most: usize,
    items: impl Iterator<Item = (u64, T)>,
    show: impl Fn(T) -> Value,
    member: &str,
    answer: &mut Value,
) -> Result<(), ServiceError> {
    let size = parameters.page_size(most)?;
    let mut items = items.peekable();
    let (mut shown, mut last) = (Vec::new(), 0);
    while let Some((number, item)) = items.next_if(|_| shown.len() < size) {
        shown.push(show(item));
        last = number;
    }
    if items.peek().is_some() {
        set(answer, "NextToken", json!(hex::encode(format!("after {last}"))));
    }
    set(answer, member, Value::Array(shown));
    Ok(())
}

fn number(token: &str) -> Option<u64> {
    String::from_utf8(hex::decode(token).ok()?).ok()?.strip_prefix("after ")?.parse().ok()
}
