//! The certificate authorities that every connection trusts, read once for all clients.
//!
//! Left to themselves, each client reads them anew, and on some systems a folder of hundreds of files: that alone took
//! longer than the rest of the start.

use std::fs;
use std::path::PathBuf;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::vars::{Problems, Vars};

/// The bundle of trusted authorities, as PEM.
#[derive(Debug, Clone, Default)]
pub struct Roots(Vec<u8>);

impl Roots {
    /// Reads `SSL_CERT_FILE`, or the system's own bundle. Without any, connections to `https` fail, and those to loopback
    /// do not need one.
    pub fn read(vars: &impl Vars, problems: &mut Problems) -> Self {
        let named = vars.get("SSL_CERT_FILE").map(PathBuf::from);
        let Some(path) = named.clone().or_else(|| openssl_probe::probe().cert_file) else {
            return Self::default();
        };
        let roots = fs::read(&path).map(|bundle| Self(usable(&bundle)));
        if named.is_some() {
            match &roots {
                Ok(roots) if roots.0.is_empty() => {
                    problems.add("SSL_CERT_FILE", format_args!("names {}, which holds no certificate", path.display()));
                }
                Ok(_) => {}
                Err(error) => {
                    let why = error.kind();
                    problems
                        .add("SSL_CERT_FILE", format_args!("names {}, which cannot be read ({why})", path.display()));
                }
            }
        }
        roots.unwrap_or_default()
    }

    /// The bundle.
    #[must_use]
    pub fn pem(&self) -> &[u8] {
        &self.0
    }
}

/// The certificates of a bundle that TLS can work with, still as PEM: one that it cannot read must not take the others
/// with it.
fn usable(bundle: &[u8]) -> Vec<u8> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(bundle);
    let blocks = text.split_inclusive(END).filter(|block| {
        CertificateDer::from_pem_slice(block.as_bytes()).is_ok_and(|root| RootCertStore::empty().add(root).is_ok())
    });
    blocks.collect::<String>().into_bytes()
}
