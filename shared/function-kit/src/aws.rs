//! AWS clients: one TLS stack with everything else, short timeouts, few retries.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector, tls};

use crate::tls::Roots;

/// The SDK's settings, from the standard variables (Region, credentials, endpoints).
///
/// `HTTPS_PROXY` and `NO_PROXY` are honoured, as is `SSL_CERT_FILE`. Every call of ours is safe to repeat, so the SDK may
/// do so; the waits are short because Secrets Manager retries a whole rotation anyway.
pub async fn config(roots: &Roots) -> SdkConfig {
    let trusted = trust(roots);
    let http = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder = builder.proxy_config(ProxyConfig::from_env());
        if let Some(settings) = settings {
            builder = builder.connector_settings(settings.clone());
        }
        if let Some(sleep) = components.and_then(|components| components.sleep_impl()) {
            builder = builder.sleep_impl(sleep);
        }
        match &trusted {
            Some(trusted) => {
                builder.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(trusted.clone()).build()
            }
            None => builder.build_http(),
        }
    });
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(5))
                .operation_timeout(Duration::from_secs(15))
                .build(),
        )
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(200))
                .with_max_backoff(Duration::from_secs(2)),
        )
        .load()
        .await
}

/// `None` where nothing is trusted: then only plain HTTP is possible, which is what emulators on loopback speak.
fn trust(roots: &Roots) -> Option<tls::TlsContext> {
    if roots.pem().is_empty() {
        tracing::warn!(
            "this system has no certificate authorities: no https endpoint can be reached; set SSL_CERT_FILE"
        );
        return None;
    }
    let store = tls::TrustStore::empty().with_pem_certificate(roots.pem());
    tls::TlsContext::builder().with_trust_store(store).build().ok()
}
