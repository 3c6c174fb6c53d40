//! From our requests to those of `s3s`, and back.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::BodyExt as _;
use s3s::service::S3Service;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::http::{Request, Response};

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");

/// The action that a path-style request means.
pub(super) fn action(request: &Request) -> String {
    let (_, key) = names(&request.path);
    let asks = |name: &str| request.query(name).is_some();
    // The SDK says in `x-id` what it wants; what is asked for follows from the rest.
    let plain = request.query.iter().all(|(name, _)| name == "x-id");
    let copies = request.header("x-amz-copy-source").is_some();
    let name = match (request.method.as_str(), key.is_empty()) {
        ("GET", false) if plain => "GetObject",
        ("HEAD", false) if plain => "HeadObject",
        ("PUT", false) if plain && !copies => "PutObject",
        ("PUT", false) if plain => "CopyObject",
        ("DELETE", false) if plain => "DeleteObject",
        ("GET", true) if request.query("list-type") == Some("2") => "ListObjectsV2",
        ("HEAD", true) if plain => "HeadBucket",
        ("POST", true) if asks("delete") => "DeleteObjects",
        (method, _) => return format!("{method} other"),
    };
    name.to_owned()
}

/// Bucket and key of a path, decoded; without a key it is empty.
pub(super) fn names(path: &str) -> (String, String) {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decoded(bucket), decoded(key))
}

/// A plus is a plus here, unlike in a query.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = if *first == b'%' { after.get(..2) } else { None };
        match digits.and_then(|digits| hex::decode(digits).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Signatures are not computed: that a client signs at all is what a forgotten credentials provider gets wrong.
pub(super) fn is_signed(request: &Request) -> bool {
    request.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256"))
}

/// The request without its signature, which `s3s` would want to verify, and without the frames of a streamed upload,
/// which it takes off signed requests only. What the client says of the body is checked.
pub(super) fn plain(mut request: Request) -> Result<Request, Response> {
    let digest = request.header(CONTENT_SHA256.as_str()).unwrap_or("UNSIGNED-PAYLOAD").to_owned();
    if digest.starts_with("STREAMING-") {
        let announced = request.header(DECODED_LENGTH.as_str()).and_then(|length| length.parse().ok());
        let (body, trailers) = unframed(&request.body)
            .filter(|(body, _)| Some(body.len()) == announced)
            .ok_or_else(|| error(400, "IncompleteBody", "The request body terminated unexpectedly"))?;
        request.body = body;
        for name in [CONTENT_LENGTH, CONTENT_ENCODING, DECODED_LENGTH, TRAILER] {
            request.headers.remove(name);
        }
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        request.headers.extend(trailers);
    } else if digest != "UNSIGNED-PAYLOAD" && digest != hex::encode(Sha256::digest(&request.body)) {
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(error(400, "XAmzContentSHA256Mismatch", message));
    }
    request.headers.remove(CONTENT_SHA256);
    request.headers.remove(AUTHORIZATION);
    Ok(request)
}

/// Takes the frames of `aws-chunked` off: chunks of a size in hex, data and a line end, then trailing headers.
fn unframed(mut rest: &[u8]) -> Option<(Bytes, HeaderMap)> {
    let mut body = Vec::new();
    loop {
        let (line, after) = line(rest)?;
        let size = usize::from_str_radix(line.split(';').next()?, 16).ok()?;
        if size == 0 {
            rest = after;
            break;
        }
        let (data, after) = after.split_at_checked(size)?;
        body.extend_from_slice(data);
        rest = after.strip_prefix(b"\r\n")?;
    }
    let mut trailers = HeaderMap::new();
    while let Some((line, after)) = line(rest).filter(|(line, _)| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        trailers.insert(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value.trim()).ok()?);
        rest = after;
    }
    Some((body.into(), trailers))
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(bytes.get(..end)?).ok()?, bytes.get(end + 2..)?))
}

/// Lets `s3s` answer.
pub(super) async fn serve(service: &S3Service, request: Request) -> Response {
    let unreadable = || error(400, "InvalidURI", "Couldn't parse the specified URI.");
    let is_head = request.method == Method::HEAD;
    let mut url = request.path;
    if !request.query.is_empty() {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        url = format!("{url}?{}", query.extend_pairs(&request.query).finish());
    }
    let Ok(mut asked) = http::Request::builder().method(request.method).uri(url).body(s3s::Body::from(request.body))
    else {
        return unreadable();
    };
    *asked.headers_mut() = request.headers;
    let Ok(answer) = service.call(asked).await else { return unreadable() };
    let (parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await else {
        return error(500, "InternalError", "We encountered an internal error.");
    };
    let mut response = Response::empty(parts.status.as_u16());
    // The server writes the length itself, because a planned fault may change the body.
    for (name, value) in parts.headers.iter().filter(|(name, _)| is_head || *name != CONTENT_LENGTH) {
        response = response.with_header(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    response.body = body.to_bytes().to_vec();
    identified(response, &request_id())
}

/// An error as S3 words it.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    let id = request_id();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>{id}</RequestId><HostId>testkit</HostId></Error>"
    );
    identified(Response::text(status, "application/xml", text), &id)
}

pub(super) fn access_denied() -> Response {
    error(403, "AccessDenied", "Access Denied")
}

fn identified(response: Response, id: &str) -> Response {
    response.with_header("x-amz-request-id", id).with_header("x-amz-id-2", "testkit")
}

fn request_id() -> String {
    Uuid::new_v4().simple().to_string().chars().take(16).collect::<String>().to_uppercase()
}
