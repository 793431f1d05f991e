//! TLS: the system's trust store and a person's own authorities, and why a certificate was refused.

use super::Roots;
use rivulet_protocol::{Failure, FailureCode};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;
use std::error::Error;
use std::sync::Arc;

/// How TLS is spoken with everybody.
pub(crate) fn config(roots: &Roots) -> Result<ClientConfig, Failure> {
    let verifier = verifier(roots)?;
    with_verifier(verifier)
}

/// Checks certificates as the system does, with these authorities besides its own.
pub(super) fn verifier(roots: &Roots) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    Verifier::new_with_extra_roots(roots.certificates(), provider())
        .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
        .map_err(|error| Failure::new(FailureCode::Tls).detail(error.to_string()))
}

/// A configuration in which `verifier` decides. It is always the system's, or one that asks it.
pub(super) fn with_verifier(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Failure> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Failure::new(FailureCode::Internal).detail(error.to_string()))?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The TLS error among an error's causes, as a class of its own; `None` if TLS was not the matter.
pub(crate) fn cause(error: &(dyn Error + 'static)) -> Option<FailureCode> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(class(error));
        }
        // An I/O error's source is the source of what it holds: what it holds has to be asked for.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

pub(super) fn class(error: &rustls::Error) -> FailureCode {
    let rustls::Error::InvalidCertificate(error) = error else { return FailureCode::Tls };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => FailureCode::CertificateExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            FailureCode::CertificateNotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            FailureCode::CertificateName
        }
        CertificateError::UnknownIssuer => FailureCode::CertificateUntrusted,
        _ => FailureCode::Tls,
    }
}
