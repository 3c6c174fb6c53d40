//! Sentry's standard answers (facts 4 to 11, section 8).

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::Response;

pub(super) fn detail(status: u16, detail: &str) -> Response {
    Response::json(status, &json!({ "detail": detail }))
}

/// Every 401 of the API names its scheme (fact 4).
pub(super) fn unauthorized(why: &str) -> Response {
    detail(401, why).with_header("WWW-Authenticate", "xBasic realm=\"api\"")
}

/// Never names the scope that is missing (fact 5).
pub(super) fn forbidden() -> Response {
    detail(403, "You do not have permission to perform this action.")
}

/// An endpoint that only a logged-in browser may ask: it does not look at a token, be it good or bad, so that whoever asks
/// with one is nobody (section 3.2). Its kind of login has no scheme to name in a 401, which makes it a 403.
pub(super) fn session_only() -> Response {
    detail(403, "Authentication credentials were not provided.")
}

pub(super) fn not_found() -> Response {
    detail(404, "The requested resource does not exist")
}

pub(super) fn unknown_route() -> Response {
    Response::text(404, "text/html", "")
}

/// The answer to a forgotten slash depends on what the request carries (fact 6).
pub(super) fn without_slash(path: &str, sends_json: bool) -> Response {
    let (help, hint) = ("Route not found, did you forget a trailing slash?", format!("try: {path}/"));
    if sends_json {
        Response::json(404, &json!({"info": format!("{help} {hint}")}))
    } else {
        let arrow = " ".repeat(hint.len().saturating_sub(1));
        Response::text(404, "text/plain", format!("{help}\n\n{hint}\n{arrow}^\n"))
    }
}

pub(super) fn method_not_allowed(method: &str) -> Response {
    detail(405, &format!("Method \"{method}\" not allowed."))
}

/// What any unforeseen failure looks like, a duplicate key among them (fact 22).
pub(super) fn internal_error() -> Response {
    Response::json(500, &json!({"detail": "Internal Error", "errorId": Uuid::new_v4().simple().to_string()}))
}

/// A renamed project (fact 31).
pub(super) fn moved(url: &str, slug: &str) -> Response {
    let body = json!({
        "slug": slug,
        "detail": {
            "code": "resource-moved",
            "message": "Resource has been moved",
            "extra": {"url": url, "slug": slug},
        },
    });
    Response::json(302, &body).with_header("Location", url)
}

pub(super) fn invalid(errors: &Value) -> Response {
    Response::json(400, errors)
}
