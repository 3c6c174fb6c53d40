//! The connections to one Sentry.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Certificate;
use reqwest::redirect::Policy;
use tokio::time::Instant;

use crate::api::Api;
use crate::retry::RetryPolicy;
use crate::token::AuthToken;
use crate::url::BaseUrl;

/// Tells the time of day, to compare it with the end of a rate limit's window. `main` passes the real clock.
pub type Clock = fn() -> Timestamp;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A frozen sandbox outlives its connections: one that has idled for longer than this is not trusted again.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Connections to one Sentry and to the ingestion hosts that it names. Made once, cheap to share.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    /// For what is not sent twice: a server may have closed an idle connection without a word, and a request that is lost
    /// on one may have been carried out.
    pub(crate) fresh: reqwest::Client,
    pub(crate) base: BaseUrl,
    pub(crate) agent: String,
    pub(crate) clock: Clock,
    pub(crate) retry: RetryPolicy,
}

/// The HTTP client could not be set up: its TLS roots, its proxy or its certificate file.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up; check SSL_CERT_FILE and HTTPS_PROXY")]
pub struct BuildError(#[source] reqwest::Error);

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// Sets up a client for one Sentry. `agent` is the `User-Agent`, `name/version`; `roots` the trusted certificate
    /// authorities, as PEM.
    ///
    /// # Errors
    /// [`BuildError`] when the TLS roots or the proxy settings of the environment cannot be used.
    pub fn new(base: BaseUrl, agent: &str, clock: Clock, roots: &[u8]) -> Result<Self, BuildError> {
        let build_error = |error: reqwest::Error| BuildError(error.without_url());
        let roots = Certificate::from_pem_bundle(roots).map_err(build_error)?;
        let builder = || {
            let builder = reqwest::Client::builder();
            // Plain HTTP is for this machine alone: a proxy would get the token in clear.
            let builder = if base.is_plain() { builder.no_proxy() } else { builder };
            builder
                .user_agent(agent)
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .tls_certs_only(roots.clone())
        };
        let http = builder().pool_idle_timeout(IDLE_TIMEOUT).build().map_err(build_error)?;
        let fresh = builder().pool_max_idle_per_host(0).build().map_err(build_error)?;
        Ok(Self { http, fresh, base, agent: agent.to_owned(), clock, retry: RetryPolicy::default() })
    }

    /// The same client with other patience.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Where this Sentry is.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.base
    }

    /// One principal's view, for one invocation that must be over by `deadline`.
    #[must_use]
    pub fn api<'a>(&'a self, token: &'a AuthToken, deadline: Instant) -> Api<'a> {
        Api::new(self, token, deadline)
    }
}
