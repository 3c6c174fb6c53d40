//! A loopback HTTP server that plays one outside system, records what it is asked and fails as planned.
//!
//! Each server lives on a thread of its own with a runtime of its own, so that tests, which are synchronous, can start
//! it anywhere and never share a scheduler with what they test.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::fault::{Fault, FaultPlan, LONGEST_WAIT};
use crate::late::Late;

/// A request as it arrived.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as sent, still percent-encoded, without the query.
    pub path: String,
    /// The query's pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl std::fmt::Debug for Request {
    /// Headers and body are left out: they carry credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Request {
    /// A header's value, if there is one and it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` where it is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// An answer.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Response {
    /// The body is left out: it may carry secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)
    }
}

impl Response {
    /// An answer with no body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// An answer with a text of any kind.
    #[must_use]
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into().into_bytes(),
        }
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An outside system: a name for each request, and an answer to it.
pub trait StandIn: Send + Sync + 'static {
    /// The name by which fault plans and records know this request, such as `PutSecretValue` or `POST keys`.
    fn call_name(&self, request: &Request) -> String;

    /// Carries the request out and answers it.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// One request that a server received.
#[derive(Debug, Clone)]
pub struct Call {
    /// The name that the stand-in gave it.
    pub name: String,
    /// The request.
    pub request: Request,
    /// The status that was answered; `None` where the connection was dropped or the answer is still being made.
    pub status: Option<u16>,
    /// The fault that it met.
    pub fault: Option<Fault>,
}

#[derive(Default)]
struct Record {
    calls: Vec<Call>,
    by_name: HashMap<String, usize>,
}

type SharedRecord = Arc<Mutex<Record>>;

/// A running stand-in. Dropping it stops it.
pub struct Server {
    address: SocketAddr,
    record: SharedRecord,
    faults: FaultPlan,
    late: Late,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Starts a stand-in on a free loopback port.
    ///
    /// # Errors
    /// When no port or no thread can be had.
    pub fn start<S: StandIn>(stand_in: Arc<S>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let record = SharedRecord::default();
        let faults = FaultPlan::default();
        let late = Late::default();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = Connection { stand_in, record: Arc::clone(&record), faults: faults.clone(), late: late.clone() };
        let thread = std::thread::Builder::new().name(format!("stand-in {address}")).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = accept(listener, state) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, record, faults, late, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address, `127.0.0.1:<port>`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The faults to come; add to them at any time.
    #[must_use]
    pub fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    /// Every request so far, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.record).calls.clone()
    }

    /// The names of the requests so far, in order of arrival.
    #[must_use]
    pub fn call_names(&self) -> Vec<String> {
        lock(&self.record).calls.iter().map(|call| call.name.clone()).collect()
    }

    /// Waits until every request that met [`Fault::ArriveLate`] so far has been carried out: until its client has given
    /// up, or for [`LONGEST_WAIT`].
    pub fn settle(&self) {
        self.late.settle();
    }

    /// Forgets the requests so far; fault plans count from here anew.
    pub fn forget_calls(&self) {
        *lock(&self.record) = Record::default();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn lock(record: &SharedRecord) -> std::sync::MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Connection<S> {
    stand_in: Arc<S>,
    record: SharedRecord,
    faults: FaultPlan,
    late: Late,
}

impl<S> Clone for Connection<S> {
    fn clone(&self) -> Self {
        Self {
            stand_in: Arc::clone(&self.stand_in),
            record: Arc::clone(&self.record),
            faults: self.faults.clone(),
            late: self.late.clone(),
        }
    }
}

async fn accept<S: StandIn>(listener: TcpListener, state: Connection<S>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, state.clone()));
    }
}

async fn serve<S: StandIn>(stream: TcpStream, state: Connection<S>) {
    let service = service_fn(move |request| {
        let state = state.clone();
        async move { handle(state, request).await }
    });
    // A planned fault ends a connection with an error: that is its purpose, and the record names it.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn handle<S: StandIn>(
    state: Connection<S>,
    request: hyper::Request<hyper::body::Incoming>,
) -> io::Result<hyper::Response<Answer>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let query = parts.uri.query().unwrap_or_default();
    let request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body,
    };
    let name = state.stand_in.call_name(&request);
    let (index, fault) = {
        let mut record = lock(&state.record);
        let index = record.calls.len();
        let count = record.by_name.entry(name.clone()).or_default();
        let nth = *count;
        *count += 1;
        let fault = state.faults.find(&name, index, nth);
        record.calls.push(Call { name, request: request.clone(), status: None, fault: fault.clone() });
        (index, fault)
    };
    let answered = |response: Response| {
        if let Some(call) = lock(&state.record).calls.get_mut(index) {
            call.status = Some(response.status);
        }
        response
    };
    let dropped = || io::Error::new(io::ErrorKind::ConnectionAborted, "planned");
    match fault {
        None => whole(answered(state.stand_in.answer(request).await)),
        Some(Fault::Meanwhile) => {
            if let Some(director) = state.faults.director() {
                // A panic there has shown itself on its thread.
                drop(tokio::task::spawn_blocking(move || director.meanwhile()).await);
            }
            whole(answered(state.stand_in.answer(request).await))
        }
        Some(Fault::DropBefore) => Err(dropped()),
        Some(Fault::DropAfter) => {
            drop(state.stand_in.answer(request).await);
            Err(dropped())
        }
        Some(Fault::Status(status)) => whole(answered(proxy_page(status))),
        Some(Fault::StatusAfter(status)) => {
            drop(state.stand_in.answer(request).await);
            whole(answered(proxy_page(status)))
        }
        Some(Fault::Delay(time)) => {
            let response = state.stand_in.answer(request).await;
            tokio::time::sleep(time).await;
            whole(answered(response))
        }
        Some(Fault::ArriveLate) => {
            // Lives as long as this future, which ends with the connection.
            let (_client, gone) = oneshot::channel::<()>();
            let late = state.late.begin();
            tokio::spawn(async move {
                drop(gone.await);
                drop(state.stand_in.answer(request).await);
                drop(late);
            });
            tokio::time::sleep(LONGEST_WAIT).await;
            Err(dropped())
        }
        Some(Fault::TruncatedBody) => {
            let response = answered(state.stand_in.answer(request).await);
            build(&response, Answer::truncated(&response.body))
        }
        Some(Fault::Body(text)) => {
            let mut response = answered(state.stand_in.answer(request).await);
            response.body = text.into_bytes();
            whole(response)
        }
        Some(Fault::Answer(status, headers, body)) => {
            whole(answered(Response { status, headers, body: body.into_bytes() }))
        }
        Some(Fault::KillBefore) => {
            state.faults.kill();
            Err(dropped())
        }
        Some(Fault::KillAfter) => {
            drop(state.stand_in.answer(request).await);
            state.faults.kill();
            Err(dropped())
        }
    }
}

/// What a proxy in front of a broken service says.
fn proxy_page(status: u16) -> Response {
    Response::text(status, "text/html", format!("<html><h1>{status}</h1></html>"))
}

fn whole(mut response: Response) -> io::Result<hyper::Response<Answer>> {
    let body = Answer::whole(std::mem::take(&mut response.body));
    build(&response, body)
}

fn build(response: &Response, body: Answer) -> io::Result<hyper::Response<Answer>> {
    let mut builder = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    builder.body(body).map_err(io::Error::other)
}

/// A body that is whole, or that promises more than it gives.
struct Answer {
    rest: Option<Bytes>,
    promised: u64,
    breaks: Break,
}

/// Whether and when a body breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Never,
    AfterFlush,
    Now,
}

impl Answer {
    fn whole(body: Vec<u8>) -> Self {
        Self { promised: body.len() as u64, rest: Some(body.into()), breaks: Break::Never }
    }

    fn truncated(body: &[u8]) -> Self {
        let half = body.get(..body.len() / 2).unwrap_or_default();
        Self { promised: body.len().max(1) as u64, rest: Some(Bytes::copy_from_slice(half)), breaks: Break::AfterFlush }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match std::mem::replace(&mut self.breaks, Break::Never) {
            Break::Never => Poll::Ready(None),
            // The half that was given is flushed only while the body waits for more.
            Break::AfterFlush => {
                self.breaks = Break::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Break::Now => Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "planned")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.breaks == Break::Never
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

/// A stand-in made of two functions, for tests that need one answer only.
pub struct FromFn<F>(pub F);

impl<F> std::fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FromFn")
    }
}

impl<F: Fn(&Request) -> Response + Send + Sync + 'static> StandIn for FromFn<F> {
    fn call_name(&self, request: &Request) -> String {
        format!("{} {}", request.method, request.path)
    }

    async fn answer(&self, request: Request) -> Response {
        (self.0)(&request)
    }
}
