//! Pages and the `Link` header (facts 12 to 16).

use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::http::{Request, Response};

use super::answers;
use super::state::State;

/// `value:offset:is_prev`. What the value means depends on the endpoint; clients must not look inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    value: u64,
    offset: i64,
    is_prev: bool,
}

/// The page that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    limit: usize,
    cursor: Cursor,
}

/// A page with the way to its neighbours, each with whether there is anything.
pub(super) struct Page {
    items: Vec<Value>,
    previous: (Cursor, bool),
    next: (Cursor, bool),
}

/// Reads `per_page` and `cursor`. A page of 0 is taken and leads nowhere for ever (fact 16).
pub(super) fn read(request: &Request, default: usize) -> Result<Asked, Response> {
    let per_page: i64 = match request.query("per_page") {
        None => i64::try_from(default).unwrap_or(100),
        Some(text) => match text.trim().parse() {
            Ok(number) => number,
            Err(_) => return Err(answers::detail(400, "Invalid per_page parameter.")),
        },
    };
    if per_page > 100 {
        return Err(answers::detail(400, "Invalid per_page value. Cannot exceed 100."));
    }
    let cursor = match request.query("cursor") {
        None | Some("") => Cursor { value: 0, offset: 0, is_prev: false },
        Some(text) => parse(text).ok_or_else(|| answers::detail(400, "Invalid cursor parameter."))?,
    };
    match usize::try_from(per_page) {
        Ok(limit) => Ok(Asked { limit, cursor }),
        Err(_) => Err(answers::internal_error()),
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let mut parts = text.split(':');
    let cursor = Cursor {
        value: parts.next()?.parse().ok()?,
        offset: parts.next()?.parse().ok()?,
        is_prev: parts.next()?.parse::<i64>().ok()? != 0,
    };
    parts.next().is_none().then_some(cursor)
}

/// Pages by a unique number, largest first; `rows` must be in that order. A `next` cursor names the first row of the page
/// to come; where that row is deleted in between, the page starts with the one after it.
///
/// A number that several rows share, as times can be, is paged by how many of its rows are on the pages before. Only what is
/// on the page is shown.
pub(super) fn by_row<T>(mut rows: Vec<(u64, T)>, mut show: impl FnMut(T) -> Value, asked: Asked) -> Page {
    let Asked { limit, cursor } = asked;
    let skip = usize::try_from(cursor.offset).unwrap_or_default();
    let step = i64::try_from(limit).unwrap_or_default();
    if cursor.is_prev {
        rows.reverse();
        rows.retain(|(row, _)| *row >= cursor.value);
        let mut found: Vec<_> = rows.into_iter().skip(skip).take(limit + 2).collect();
        if found.first().is_some_and(|(row, _)| *row == cursor.value) {
            found.remove(0);
        } else {
            found.truncate(limit + 1);
        }
        found.reverse();
        let has_previous = found.len() > limit;
        let value = if cursor.value == 0 { found.first().map_or(0, |(row, _)| *row) } else { cursor.value };
        if has_previous {
            found.remove(0);
        }
        let first = found.first().map_or(0, |(row, _)| *row);
        let offset = match found.is_empty() {
            true => cursor.offset,
            false if first == cursor.value => cursor.offset.saturating_add(step),
            false => 0,
        };
        return Page {
            items: found.into_iter().map(|(_, item)| show(item)).collect(),
            previous: (Cursor { value: first, offset, is_prev: true }, has_previous),
            next: (Cursor { value, offset: 0, is_prev: false }, true),
        };
    }
    rows.retain(|(row, _)| cursor.value == 0 || *row <= cursor.value);
    let mut found: Vec<_> = rows.into_iter().skip(skip).take(limit + 1).collect();
    let has_next = found.len() > limit;
    let first = found.first().map_or(0, |(row, _)| *row);
    let start = if cursor.value == 0 { first } else { cursor.value };
    let next = match found.last() {
        None => Cursor { value: start, offset: cursor.offset, is_prev: false },
        Some((row, _)) if *row == start => {
            Cursor { value: start, offset: cursor.offset.saturating_add(step), is_prev: false }
        }
        Some((row, _)) => {
            let same = found.iter().rev().take_while(|(other, _)| other == row).count() - usize::from(has_next);
            Cursor { value: *row, offset: i64::try_from(same).unwrap_or_default(), is_prev: false }
        }
    };
    found.truncate(limit);
    Page {
        items: found.into_iter().map(|(_, item)| show(item)).collect(),
        previous: (Cursor { value: first, offset: 0, is_prev: true }, cursor.value != 0 || cursor.offset != 0),
        next: (next, has_next),
    }
}

/// Pages by number: the cursor's value is the page's size, its offset the page's number.
/// Only what is on the page is shown.
pub(super) fn by_offset<T>(
    items: impl Iterator<Item = T>,
    show: impl FnMut(T) -> Value,
    asked: Asked,
) -> Result<Page, Response> {
    let Asked { limit, cursor } = asked;
    let Ok(number) = usize::try_from(cursor.offset) else {
        return Err(answers::detail(400, "Pagination offset cannot be negative"));
    };
    let size = usize::try_from(cursor.value).unwrap_or(usize::MAX);
    let skip = number.saturating_mul(size);
    let take = if size == 0 { limit } else { size.min(limit) };
    let mut items = items.skip(skip);
    let shown = items.by_ref().take(take).map(show).collect();
    let has_next = items.next().is_some();
    let (value, page) = (u64::try_from(limit).unwrap_or_default(), cursor.offset);
    Ok(Page {
        items: shown,
        previous: (Cursor { value, offset: page - 1, is_prev: true }, page > 0),
        next: (Cursor { value, offset: page.saturating_add(1), is_prev: false }, has_next),
    })
}

impl Page {
    /// The page with its `Link` header, which always has both entries (fact 12).
    pub(super) fn answer(self, state: &State, request: &Request) -> Response {
        self.answer_as(state, request, Value::Array)
    }

    /// The same, where the list is a part of the answer.
    pub(super) fn answer_as(
        self,
        state: &State,
        request: &Request,
        whole: impl FnOnce(Vec<Value>) -> Value,
    ) -> Response {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(request.query.iter().filter(|(name, _)| name != "cursor"));
        let url = format!("{}{}?{}", state.link_origin(), request.path, query.finish());
        let link = |rel: &str, (cursor, results): (Cursor, bool)| {
            let cursor = format!("{}:{}:{}", cursor.value, cursor.offset, u8::from(cursor.is_prev));
            format!("<{url}&cursor={cursor}>; rel=\"{rel}\"; results=\"{results}\"; cursor=\"{cursor}\"")
        };
        let links = format!("{}, {}", link("previous", self.previous), link("next", self.next));
        Response::json(200, &whole(self.items)).with_header("Link", links)
    }
}
