//! Lists that come in pages.

use ::url::Url;
use http_link::parse_link_header;
use reqwest::header::{HeaderMap, LINK};
use serde::de::DeserializeOwned;

use crate::api::Api;
use crate::body;
use crate::call::Call;
use crate::error::{Cause, Error, Kind};

/// The largest page that Sentry gives; more is a 400 (facts/sentry-23.7.1-observed.md, A2.16).
const PER_PAGE: &str = "100";

/// More pages than any list has: 100,000 items.
const MOST_PAGES: usize = 1_000;

/// There is a `Link` header, and it does not tell whether the list goes on, or from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnusableLink;

/// The cursor of the next page, if there is one.
///
/// Both relations are always present; `results` says whether a page is behind one. The URL is ignored: it is made from
/// the server's own idea of its name and may leave the configured host (A2.12, A2.13). A proxy may add a `Link` of its
/// own.
pub(crate) fn next_cursor(headers: &HeaderMap, base: &Url) -> Result<Option<String>, UnusableLink> {
    let mut all_read = true;
    for link in headers.get_all(LINK) {
        let Some(links) = link.to_str().ok().and_then(|link| parse_link_header(link, base).ok()) else {
            all_read = false;
            continue;
        };
        let Some(next) = links.iter().find(|link| link.rel == "next") else { continue };
        let attribute = |name| next.attributes.iter().find(|attribute| attribute.name == name);
        if attribute("results").is_none_or(|results| results.value != "true") {
            return Ok(None);
        }
        let cursor = attribute("cursor").map(|cursor| cursor.value.clone()).filter(|cursor| !cursor.is_empty());
        return cursor.map(Some).ok_or(UnusableLink);
    }
    if all_read { Ok(None) } else { Err(UnusableLink) }
}

/// One page, and the cursor of the next.
pub(crate) struct Page<T> {
    /// What the page is: a list, or an object with a list in it.
    pub(crate) content: T,
    pub(crate) next: Option<String>,
}

/// Which list, and which part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    pub(crate) operation: &'static str,
    pub(crate) segments: &'a [&'a str],
    /// What narrows the list. The same name may come several times.
    pub(crate) query: &'a [(&'a str, &'a str)],
}

impl<'a> List<'a> {
    /// All of a list.
    pub(crate) fn of(operation: &'static str, segments: &'a [&'a str]) -> Self {
        Self { operation, segments, query: &[] }
    }
}

impl Api<'_> {
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        list: List<'_>,
        cursor: Option<&str>,
    ) -> Result<Page<T>, Error> {
        let List { operation, segments, query } = list;
        let mut query = query.to_vec();
        query.push(("per_page", PER_PAGE));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let call = Call { query: &query, ..Call::get(operation, segments) };
        let response = self.send(&call).await?;
        let next = next_cursor(response.headers(), self.client.base.as_url())
            .map_err(|UnusableLink| Error::new(operation, Kind::Unavailable, Cause::Incomplete("Link")))?;
        Ok(Page { content: body::json(operation, response).await?, next })
    }

    /// Every item of a list, page by page.
    pub(crate) async fn all<T: DeserializeOwned>(&self, list: List<'_>) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page: Page<Vec<T>> = self.page(list, cursor.as_deref()).await?;
            items.extend(page.content);
            match page.next {
                None => return Ok(items),
                // A part of a list must not pass for the whole.
                repeated if repeated == cursor => break,
                next => cursor = next,
            }
        }
        Err(endless(list.operation))
    }
}

/// A cursor that leads back to where it came from, or more pages than any list has.
pub(crate) fn endless(operation: &'static str) -> Error {
    Error::new(operation, Kind::Unavailable, Cause::EndlessList)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn base() -> Url {
        Url::parse("https://sentry.example").unwrap()
    }

    fn cursor_of(link: &str) -> Result<Option<String>, UnusableLink> {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, HeaderValue::from_str(link).unwrap());
        next_cursor(&headers, &base())
    }

    #[test]
    fn the_cursor_is_taken_only_where_results_say_that_there_is_more() {
        let link = |results: &str| {
            format!(
                "<https://sentry.example/api/0/x/?&cursor=2:0:1>; rel=\"previous\"; results=\"false\"; cursor=\"2:0:1\", \
                 <https://elsewhere.example/api/0/x/?&cursor=2:100:0>; rel=\"next\"; results=\"{results}\"; \
                 cursor=\"2:100:0\""
            )
        };
        assert_eq!(cursor_of(&link("true")), Ok(Some("2:100:0".to_owned())));
        assert_eq!(cursor_of(&link("false")), Ok(None));
        assert_eq!(next_cursor(&HeaderMap::new(), &base()), Ok(None));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(link in "[ -~]*") {
            assert_ne!(cursor_of(&link), Ok(Some(String::new())));
        }
    }
}
