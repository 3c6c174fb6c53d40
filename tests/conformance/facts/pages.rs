//! Lists come in pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::fact::{Fact, Holds, fact};
use crate::place::{Place, text};

/// All pages of a list, by cursor alone.
#[track_caller]
fn all_pages(at: &Place, token: &str, path: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut answer = at.get(token, path).is(200);
    loop {
        pages.push(answer.list());
        assert!(pages.len() < 50, "{path} does not end");
        let Some(cursor) = answer.next() else { return pages };
        let joined = if path.contains('?') { '&' } else { '?' };
        answer = at.get(token, &format!("{path}{joined}cursor={cursor}")).is(200);
    }
}

fn ids(keys: &[Value]) -> Vec<String> {
    keys.iter().map(|key| text(key, "id")).collect()
}

/// Makes so many keys; their ids in order.
fn make(at: &Place, token: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| text(&at.create(token, &json!({"name": format!("key {number}")})), "id")).collect()
}

#[track_caller]
fn page(at: &Place, query: &str) -> Answer {
    at.get(&at.admin(), &format!("{}?{query}", at.keys_path()))
}

pub(super) const FACTS: &[Fact] = &[
    fact(
        "both-relations-are-always-there",
        "The `Link` header always has `previous` and `next`; the end is `results=\"false\"`, not a missing link.",
        "observed 12",
        "`page`: the loop ends at `results=\"false\"`",
        |at| {
            let links = page(at, "").is(200).links();
            assert_eq!(
                links.iter().map(|link| (link.rel.as_str(), link.results)).collect::<Vec<_>>(),
                [("previous", false), ("next", false)]
            );
        },
    ),
    fact(
        "links-name-another-host",
        "The URLs in `Link` are made of the server's own setting, not of the host that was asked.",
        "observed 13",
        "only the cursor is taken; the token stays at `SENTRY_URL`",
        |at| {
            for link in page(at, "").is(200).links() {
                assert!(link.url.starts_with(&format!("http://sentry.example{}", at.keys_path())), "{link:?}");
            }
        },
    ),
    fact(
        "links-begin-with-an-empty-parameter",
        "Without a query the URLs in `Link` read `?&cursor=`.",
        "observed 14",
        "URLs are never taken apart",
        |at| {
            for link in page(at, "").is(200).links() {
                assert!(link.url.contains("/?&cursor="), "{link:?}");
            }
        },
    ),
    fact(
        "links-keep-the-query",
        "The URLs in `Link` keep the query, and give the cursor twice: in the URL and beside it.",
        "observed 12",
        "the cursor beside the URL is the one that is taken",
        |at| {
            for link in page(at, "per_page=7").is(200).links() {
                assert!(link.url.ends_with(&format!("?per_page=7&cursor={}", link.cursor)), "{link:?}");
            }
        },
    ),
    fact(
        "key-pages-hold-a-hundred",
        "A page of keys holds 100 unless told otherwise, the newest first; the pages together hold every key once.",
        "observed 16",
        "`keys`: all pages are read",
        |at| {
            let token = at.admin();
            let mut expected = ids(&at.keys(&token));
            expected.extend(make(at, &token, 104));
            expected.reverse();
            let pages = all_pages(at, &token, &at.keys_path());
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 5]);
            assert_eq!(ids(&pages.concat()), expected);
        },
    )
    .only(Holds::Observed),
    fact(
        "key-pages-by-per-page",
        "`per_page` makes smaller pages; together they hold every key once, the newest first.",
        "observed 15",
        "`keys`: all pages are read",
        |at| {
            let token = at.admin();
            let mut expected = ids(&at.keys(&token));
            expected.extend(make(at, &token, 6));
            expected.reverse();
            let pages = all_pages(at, &token, &format!("{}?per_page=3", at.keys_path()));
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
            assert_eq!(ids(&pages.concat()), expected);
        },
    ),
    fact(
        "a-full-last-page-ends",
        "Where the last page is just full, it says that there is no next one.",
        "observed 12; tried on 23.7.1",
        "`page`: no empty page is asked for",
        |at| {
            let token = at.admin();
            make(at, &token, 3);
            let pages = all_pages(at, &token, &format!("{}?per_page=2", at.keys_path()));
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        },
    ),
    fact(
        "a-key-made-meanwhile-disturbs-no-page",
        "A key that is made while pages are read neither hides nor repeats another.",
        "observed 15; tried on 23.7.1",
        "an earlier attempt is not overlooked beside a concurrent one",
        |at| {
            let token = at.admin();
            let mut expected = ids(&at.keys(&token));
            expected.extend(make(at, &token, 3));
            expected.reverse();
            let path = format!("{}?per_page=2", at.keys_path());
            let first = at.get(&token, &path).is(200);
            make(at, &token, 1);
            let second = at.get(&token, &format!("{path}&cursor={}", first.next().unwrap())).is(200);
            assert_eq!(ids(&[first.list(), second.list()].concat()), expected);
        },
    ),
    fact(
        "a-key-deleted-meanwhile-hides-no-other",
        "A key that is deleted while pages are read hides no other.",
        "observed 15; tried on 23.7.1",
        "the audit calls no key gone that is there",
        |at| {
            let token = at.admin();
            let mut expected: BTreeSet<String> = ids(&at.keys(&token)).into_iter().collect();
            let made = make(at, &token, 5);
            expected.extend(made.iter().cloned());
            let path = format!("{}?per_page=2", at.keys_path());
            let first = at.get(&token, &path).is(200);
            // One that was seen, and the one on which the next page begins.
            for gone in [&made[4], &made[2]] {
                at.delete(&token, &at.key_path(gone)).is(204);
            }
            let mut seen = ids(&first.list());
            let mut next = first.next();
            while let Some(cursor) = next {
                let answer = at.get(&token, &format!("{path}&cursor={cursor}")).is(200);
                seen.extend(ids(&answer.list()));
                next = answer.next();
            }
            let seen: BTreeSet<String> = seen.into_iter().collect();
            expected.remove(&made[2]);
            assert_eq!(seen, expected);
        },
    ),
    fact(
        "previous-leads-back",
        "The cursor of `previous` leads back to the page before.",
        "observed 12; tried on 23.7.1",
        "nothing yet: it tells that cursors are understood",
        |at| {
            let token = at.admin();
            make(at, &token, 3);
            let path = format!("{}?per_page=2", at.keys_path());
            let first = at.get(&token, &path).is(200);
            let second = at.get(&token, &format!("{path}&cursor={}", first.next().unwrap())).is(200);
            let previous = second.links().into_iter().find(|link| link.rel == "previous").unwrap();
            assert!(previous.results);
            let back = at.get(&token, &format!("{path}&cursor={}", previous.cursor)).is(200);
            assert_eq!(ids(&back.list()), ids(&first.list()));
        },
    ),
    fact(
        "a-page-above-a-hundred-is-refused",
        "`per_page=101` is answered 400.",
        "observed 16",
        "the client asks for 100",
        |at| {
            page(at, "per_page=100").is(200);
            page(at, "per_page=101").refuses(400, "Invalid per_page value. Cannot exceed 100.");
        },
    ),
    fact(
        "a-page-of-words-is-refused",
        "`per_page=abc` is answered 400.",
        "observed 16",
        "none: it tells a wrong request from a refusal",
        |at| {
            page(at, "per_page=abc").refuses(400, "Invalid per_page parameter.");
        },
    ),
    fact(
        "a-page-of-nothing-never-ends",
        "`per_page=0` is answered with an empty page that says there are more.",
        "observed 16",
        "the loop over pages has a bound",
        |at| {
            let answer = page(at, "per_page=0").is(200);
            assert_eq!((answer.list().len(), answer.next().is_some()), (0, true));
        },
    ),
    fact(
        "a-bad-cursor-is-refused",
        "A cursor that is none is answered 400.",
        "observed 16",
        "`page`: a cursor is passed on as it came",
        |at| {
            page(at, "cursor=what").refuses(400, "Invalid cursor parameter.");
        },
    ),
    fact(
        "projects-come-by-slug",
        "An organization's projects come by slug, in pages that hold each once.",
        "observed 15",
        "the audit goes through all projects",
        |at| {
            let token = at.token(&["org:read"]);
            for slug in ["zebra", "apple", "mango", "berry"] {
                at.add_project(slug);
            }
            let pages = all_pages(at, &token, &format!("{}?per_page=2", at.organization_path("projects/")));
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
            let slugs: Vec<String> = pages.concat().iter().map(|project| text(project, "slug")).collect();
            assert_eq!(slugs, ["apple", "berry", "mango", "storefront", "zebra"]);
        },
    ),
    fact(
        "own-projects-come-in-pages",
        "The list of the caller's projects comes in pages that hold each once.",
        "observed 15",
        "rotation finds its project on any page",
        |at| {
            let token = at.token(&["project:read"]);
            for slug in ["zebra", "apple"] {
                at.add_project(slug);
            }
            let pages = all_pages(at, &token, "/api/0/projects/?per_page=2");
            let slugs: BTreeSet<String> = pages.concat().iter().map(|project| text(project, "slug")).collect();
            assert_eq!((pages.len(), slugs), (2, ["apple", "storefront", "zebra"].map(str::to_owned).into()));
        },
    ),
    fact(
        "integrations-come-in-pages",
        "Integrations come in pages that hold each once.",
        "observed 38; tried on 23.7.1",
        "the audit reads all pages",
        |at| {
            let token = at.token(&["org:read"]);
            for number in 0..3 {
                at.token(&[["event:read", "project:read", "team:read"][number]]);
            }
            let pages = all_pages(at, &token, &format!("{}?per_page=3", at.organization_path("sentry-apps/")));
            let slugs: BTreeSet<String> = pages.concat().iter().map(|app| text(app, "slug")).collect();
            assert_eq!((pages.len(), slugs.len()), (2, 4));
        },
    ),
    fact(
        "organization-tokens-have-no-pages",
        "Organization tokens come all at once, without a `Link`.",
        "observed 17",
        "`organization_tokens` reads one answer",
        |at| {
            let answer = at.get(&at.token(&["org:read"]), &at.organization_path("org-auth-tokens/")).is(200);
            assert_eq!(answer.header("link"), None);
        },
    )
    .only(Holds::Observed),
];
