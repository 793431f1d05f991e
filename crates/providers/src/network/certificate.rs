//! A server's certificate, as far as a person can judge by it.

use rivulet_protocol::Certificate;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

/// Reads a DER certificate; `None` if it is none.
pub(super) fn read(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect()).unwrap_or_default();
    Some(Certificate {
        issuer: words(certificate.issuer()),
        subject: words(certificate.subject()),
        names,
        not_before: ms(validity.not_before.timestamp()),
        not_after: ms(validity.not_after.timestamp()),
    })
}

/// `Let's Encrypt, R11`: the organisation and the common name, without the notation.
fn words(name: &X509Name<'_>) -> String {
    let organization = name.iter_organization().filter_map(|part| part.as_str().ok());
    let common = name.iter_common_name().filter_map(|part| part.as_str().ok());
    organization.chain(common).collect::<Vec<_>>().join(", ")
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(four) => Some(std::net::Ipv4Addr::from(four).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

fn ms(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0) * 1000
}
