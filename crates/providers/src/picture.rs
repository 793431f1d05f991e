//! Fetches a picture an answer names, because a person asked for it. The address is a model's, so whoever talked the
//! model into it must learn nothing but that it was fetched, and reach nothing with it: no cookies, no referrer, no key,
//! and no address that is not the public internet's, wherever a name leads and however often it is redirected.

use crate::network::{self, Proxy, Roots, Route};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Client, Response};
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// The largest picture that is fetched, in bytes.
pub const PICTURE_BYTES: usize = 10 << 20;
const HOPS: usize = 5;
const CONNECT: Duration = Duration::from_secs(10);

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No http or https address, or one with a user's name in it.
    #[error("only http and https addresses without a user name are fetched")]
    Address,
    /// It leads to this computer or to the network around it.
    #[error("the address is not on the public internet")]
    Private,
    /// An encrypted way was to be left for an open one.
    #[error("a redirect leads from https to http")]
    Downgrade,
    /// Redirected without end.
    #[error("there are too many redirects")]
    Redirects,
    /// The server said no.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// More than [`PICTURE_BYTES`].
    #[error("the picture is larger than {} MB", PICTURE_BYTES >> 20)]
    TooLarge,
    /// It did not come in time.
    #[error("the server took too long")]
    Slow,
    /// The connection failed.
    #[error("{0}")]
    Network(String),
}

/// What a name leads to.
pub type Found<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Where names lead, and what may be asked. There is one in the app, [`Internet`]; tests bring a small internet of their own.
pub trait Reach: Send + Sync + 'static {
    /// The addresses of a host.
    fn lookup(&self, host: String) -> Found<'_>;
    /// Whether this address may be asked.
    fn allows(&self, address: IpAddr) -> bool;
}

/// The system's names, and the public internet.
#[derive(Clone, Copy, Debug)]
pub struct Internet;

impl Reach for Internet {
    fn lookup(&self, host: String) -> Found<'_> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }

    fn allows(&self, address: IpAddr) -> bool {
        is_public(address)
    }
}

/// Fetches pictures.
#[derive(Clone)]
pub struct Pictures {
    reach: Arc<dyn Reach>,
    proxy: Proxy,
    time: Duration,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { proxy: Proxy::System, ..Self::within(Internet, Duration::from_secs(30)) }
    }
}

impl Pictures {
    /// Without a proxy, within `reach`, waiting for so long.
    pub fn within(reach: impl Reach, time: Duration) -> Self {
        Self { reach: Arc::new(reach), proxy: Proxy::Direct, time }
    }

    /// The bytes at this address. What they are is not looked at.
    pub async fn fetch(&self, address: &str, roots: &Roots) -> Result<Vec<u8>, PictureError> {
        let url = Url::parse(address).map_err(|_| PictureError::Address)?;
        tokio::time::timeout(self.time, self.follow(url, roots)).await.map_err(|_| PictureError::Slow)?
    }

    async fn follow(&self, mut url: Url, roots: &Roots) -> Result<Vec<u8>, PictureError> {
        let tls =
            network::tls_config(roots).map_err(|failure| PictureError::Network(failure.detail.unwrap_or_default()))?;
        for _ in 0..=HOPS {
            self.check(&url)?;
            let client = self.client(&url, roots, tls.clone())?;
            let response = client.get(url.clone()).header(ACCEPT, "image/*").send().await.map_err(failed)?;
            if !response.status().is_redirection() {
                return read(response).await;
            }
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let next = to.and_then(|to| url.join(to).ok()).ok_or(PictureError::Status(response.status().as_u16()))?;
            if url.scheme() == "https" && next.scheme() == "http" {
                return Err(PictureError::Downgrade);
            }
            url = next;
        }
        Err(PictureError::Redirects)
    }

    /// What can be said of an address before its name is looked up.
    fn check(&self, url: &Url) -> Result<(), PictureError> {
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(PictureError::Address);
        }
        let allowed = match url.host().ok_or(PictureError::Address)? {
            Host::Domain(name) => !is_local_name(name),
            Host::Ipv4(address) => self.reach.allows(address.into()),
            Host::Ipv6(address) => self.reach.allows(address.into()),
        };
        if allowed { Ok(()) } else { Err(PictureError::Private) }
    }

    /// A client for one request: nothing is kept from one picture to the next.
    fn client(&self, url: &Url, roots: &Roots, tls: rustls::ClientConfig) -> Result<Client, PictureError> {
        let builder = Client::builder()
            .user_agent(concat!("Rivulet/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .tls_backend_preconfigured(tls);
        let route = Route { proxy: self.proxy.clone(), roots: roots.clone() };
        let builder = match route.proxy_for(url) {
            // A proxy looks names up itself, and what it reaches is for whoever runs it to say.
            Some((server, _)) => {
                let proxy = reqwest::Proxy::all(&server.address).map_err(failed)?;
                builder.no_proxy().proxy(match &server.login {
                    Some((user, password)) => proxy.basic_auth(user, password.expose()),
                    None => proxy,
                })
            }
            // What is connected to is what was checked: a name is looked up once.
            None => builder.no_proxy().dns_resolver(Arc::new(Guarded(Arc::clone(&self.reach)))),
        };
        builder.build().map_err(failed)
    }
}

struct Guarded(Arc<dyn Reach>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let found = reach.lookup(name.as_str().to_owned()).await?;
            // One address of the network around is enough to tell what such a name is for.
            if found.iter().any(|address| !reach.allows(*address)) {
                return Err(PictureError::Private.into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, PictureError> {
    if !response.status().is_success() {
        return Err(PictureError::Status(response.status().as_u16()));
    }
    if response.content_length().is_some_and(|length| length > PICTURE_BYTES as u64) {
        return Err(PictureError::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > PICTURE_BYTES {
            return Err(PictureError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn failed(error: reqwest::Error) -> PictureError {
    let error = error.without_url();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    let mut words = String::new();
    while let Some(one) = cause {
        if let Some(ours) = one.downcast_ref::<PictureError>() {
            return ours.clone();
        }
        words = one.to_string();
        cause = one.source();
    }
    PictureError::Network(words)
}

/// Names that are never the public internet's (RFC 6761, 6762, 8375; `internal` is reserved by ICANN).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let endings = ["localhost", "local", "internal", "home.arpa", "lan"];
    endings.iter().any(|ending| name == *ending || name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether an address is one of the public internet's (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = matches!(
        address.octets(),
        [0 | 10 | 127 | 240..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [198, 18..=19, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    );
    !special && !address.is_multicast()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    match address.segments() {
        // Translated to IPv4 on the way (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        // Teredo, 6to4 and other tunnels have addresses inside of them; documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "100::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[tokio::test]
    async fn the_app_asks_no_address_of_this_computer_or_the_network_around_it() {
        let pictures = Pictures { proxy: Proxy::Direct, ..Pictures::default() };
        for (address, refused) in [
            ("http://127.0.0.1/a.png", PictureError::Private),
            ("http://2130706433/a.png", PictureError::Private),
            ("http://0x7f.1/a.png", PictureError::Private),
            ("http://[::1]/a.png", PictureError::Private),
            ("http://169.254.169.254/latest/meta-data", PictureError::Private),
            ("http://localhost./a.png", PictureError::Private),
            ("http://printer.local/a.png", PictureError::Private),
            ("https://user@example.com/a.png", PictureError::Address),
            ("file:///etc/passwd", PictureError::Address),
            ("ftp://example.com/a.png", PictureError::Address),
            ("a.png", PictureError::Address),
        ] {
            assert_eq!(pictures.fetch(address, &Roots::default()).await, Err(refused), "{address}");
        }
    }
}
