//! The way to a provider: which proxy, which certificate authorities. What it must keep true: certificates are always
//! checked; a proxy's login goes to that proxy and is in no address, error or log.

mod certificate;
mod probe;
mod tls;

pub(crate) use probe::probe;
pub(crate) use tls::{cause as tls_cause, config as tls_config};

use hyper_util::client::proxy::matcher::Matcher;
use rivulet_protocol::{Failure, FailureCode, ProxySource, ProxyUsed, Secret};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;
use url::{Host, Url};

/// The way to a provider.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Through which proxy.
    pub proxy: Proxy,
    /// Certificate authorities that are trusted besides the system's.
    pub roots: Roots,
}

/// Which proxy.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// What the system or the environment says; none for this computer.
    #[default]
    System,
    /// None, whatever the system says.
    Direct,
    /// This one.
    Through(ProxyServer),
}

/// A proxy.
#[derive(Clone, Debug)]
pub struct ProxyServer {
    /// `http://`, `https://`, `socks5://` or `socks5h://`, host and port; no login in it.
    pub address: String,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

/// Certificate authorities of a person's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots(Arc<Vec<CertificateDer<'static>>>);

impl Roots {
    /// Reads PEM files. A file without a certificate that can be used is a failure that names it.
    pub fn read<P: AsRef<Path>>(files: &[P]) -> Result<Self, Failure> {
        let mut roots = Vec::new();
        for file in files {
            let file = file.as_ref();
            let bad = |words: &str| Failure::new(FailureCode::CaFile).detail(format!("{}: {words}", file.display()));
            let bytes = std::fs::read(file).map_err(|error| bad(&error.to_string()))?;
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(&bytes) {
                let certificate = certificate.map_err(|error| bad(&error.to_string()))?;
                RootCertStore::empty().add(certificate.clone()).map_err(|error| bad(&error.to_string()))?;
                roots.push(certificate);
            }
            if roots.len() == before {
                return Err(bad("no certificate is in it"));
            }
        }
        Ok(Self(Arc::new(roots)))
    }

    fn certificates(&self) -> impl Iterator<Item = CertificateDer<'static>> {
        self.0.iter().cloned()
    }
}

impl ProxyServer {
    /// A proxy's address in its normal form, which is also what its login is bound to.
    pub fn address(given: &str) -> Result<String, Failure> {
        let wrong = |words: &str| Failure::new(FailureCode::Proxy).detail(words);
        let given = given.trim();
        // `host:port` alone is how many write an HTTP proxy.
        let with_scheme = if given.contains("://") { given.to_owned() } else { format!("http://{given}") };
        let url = Url::parse(&with_scheme).map_err(|_| wrong("This is not the address of a proxy."))?;
        let usual = match url.scheme() {
            "http" => 80,
            "https" => 443,
            "socks5" | "socks5h" => 1080,
            _ => return Err(wrong("A proxy is http, https, socks5 or socks5h.")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                "A proxy's address must not have a user name or a password in it; they have a place of their own.",
            ));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong("This is not the address of a proxy."))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(wrong("A proxy's address ends with its port."));
        }
        Ok(format!("{}://{host}:{}", url.scheme(), url.port().unwrap_or(usual)))
    }

    /// Names are resolved by the proxy, not here.
    fn resolves(&self) -> bool {
        !self.address.starts_with("socks5://")
    }
}

impl Route {
    /// The proxy a request to `url` goes through.
    pub(crate) fn proxy_for(&self, url: &Url) -> Option<(ProxyServer, ProxySource)> {
        match &self.proxy {
            Proxy::Direct => None,
            Proxy::Through(server) => Some((server.clone(), ProxySource::Provider)),
            Proxy::System if is_this_computer(url) => None,
            Proxy::System => {
                let found = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
                let uri = found.uri();
                let login = found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()));
                let login = login.or_else(|| found.basic_auth().and_then(basic_login));
                let login = login.map(|(user, password)| (user, Secret::new(password)));
                let address = format!("{}://{}", uri.scheme_str().unwrap_or("http"), uri.authority()?.as_str());
                Some((ProxyServer { address: ProxyServer::address(&address).ok()?, login }, ProxySource::System))
            }
        }
    }

    /// The same, as far as a person may know.
    pub(crate) fn proxy_used(&self, url: &Url) -> Option<ProxyUsed> {
        self.proxy_for(url).map(|(server, from)| ProxyUsed { address: server.address, from })
    }

    /// Whether requests to `url` can share connections with those of the other.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let same_proxy = match (&self.proxy, &other.proxy) {
            (Proxy::System, Proxy::System) | (Proxy::Direct, Proxy::Direct) => true,
            (Proxy::Through(one), Proxy::Through(two)) => {
                let login = |server: &ProxyServer| {
                    server.login.clone().map(|(user, password)| (user, password.expose().to_owned()))
                };
                one.address == two.address && login(one) == login(two)
            }
            _ => false,
        };
        same_proxy && self.roots == other.roots
    }
}

/// A name or address of this computer: never through the system's proxy.
pub(crate) fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A proxy's login as a header.
fn basic_header(user: &str, password: &Secret) -> Result<http::HeaderValue, Failure> {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.expose()));
    http::HeaderValue::from_str(&format!("Basic {encoded}"))
        .map_err(|error| Failure::new(FailureCode::Proxy).detail(error.to_string()))
}

/// User and password in a `Basic` header.
fn basic_login(header: &http::HeaderValue) -> Option<(String, String)> {
    use base64::Engine;
    let encoded = header.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_address_has_one_form_and_no_login() {
        for (given, expected) in [
            ("proxy.corp:3128", "http://proxy.corp:3128"),
            ("http://proxy.corp", "http://proxy.corp:80"),
            ("https://Proxy.Corp/", "https://proxy.corp:443"),
            ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks5h://[::1]:9050", "socks5h://[::1]:9050"),
        ] {
            assert_eq!(ProxyServer::address(given).unwrap(), expected);
        }
        for refused in ["", "ftp://a:1", "http://me:pw@a:1", "me@a:1", "http://a:1/path", "http://"] {
            let failure = ProxyServer::address(refused).unwrap_err();
            assert!(!format!("{failure:?}").contains("pw"), "{refused}");
        }
    }

    #[test]
    fn a_file_that_holds_no_certificate_says_so() {
        let folder = std::env::temp_dir().join(format!("rivulet-ca-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).unwrap();
            folder.join(name)
        };
        let good = write("good.pem", rivulet_testkit::Authority::new("Good").pem());
        let empty = write("empty.pem", "nothing here");
        let broken = write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert_eq!(Roots::read(&[&good]).unwrap().0.len(), 1);
        for bad in [empty, broken, folder.join("absent.pem")] {
            let failure = Roots::read(&[&good, &bad]).unwrap_err();
            assert_eq!(failure.code, FailureCode::CaFile);
            assert!(failure.detail.unwrap().contains(bad.file_name().unwrap().to_str().unwrap()));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
