//! The way to a provider, one step after the other, each with its own time: name, connection, proxy, TLS.
//!
//! Nothing of the provider's protocol is spoken here, and no key is sent. The steps after these are the client's.

use super::{ProxyServer, certificate, tls};
use crate::classify;
use crate::client::{Endpoint, Limits};
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use rivulet_protocol::{ConnectionStep, ConnectionStepName, Failure, FailureCode, ProxyUsed};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tower::{ServiceExt, service_fn};
use url::{Host, Url};

/// A connection, whatever it goes through.
trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}
type Open = Box<dyn Connection>;

/// Goes the way to an endpoint, up to the first step that fails, and closes the connection.
pub(crate) async fn probe(endpoint: &Endpoint, limits: &Limits) -> Vec<ConnectionStep> {
    let mut way = Way { endpoint, limits, steps: Vec::new() };
    way.go().await;
    way.steps
}

struct Way<'a> {
    endpoint: &'a Endpoint,
    limits: &'a Limits,
    steps: Vec<ConnectionStep>,
}

impl Way<'_> {
    async fn go(&mut self) -> Option<()> {
        let target = &self.endpoint.base_url;
        let proxy = self.endpoint.route.proxy_for(target);
        let first = match &proxy {
            Some((server, _)) => Url::parse(&server.address).ok()?,
            None => target.clone(),
        };
        let host = first.host_str()?.trim_matches(['[', ']']).to_owned();
        let port = first.port_or_known_default().unwrap_or(1080);
        // Not by the URL's own view: it takes addresses for names where it does not know the scheme.
        let addresses: Vec<SocketAddr> = match host.parse() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.step(ConnectionStepName::Name, async |step| resolve(&host, port, step).await).await?,
        };
        let stream = self.step(ConnectionStepName::Tcp, async |step| connect(&addresses, step).await).await?;
        let mut stream: Open = Box::new(stream);
        if let Some((server, from)) = proxy {
            let roots = self.endpoint.route.roots.clone();
            let through = async |step: &mut ConnectionStep| {
                step.proxy = Some(ProxyUsed { address: server.address.clone(), from });
                if first.scheme() == "https" {
                    let config = tls::config(&roots)?;
                    stream = Box::new(handshake(&host, stream, config).await.map_err(proxy_failed)?);
                }
                through(stream, &server, target).await
            };
            stream = self.step(ConnectionStepName::Proxy, through).await?;
        }
        if target.scheme() == "https" {
            let host = target.host_str()?.trim_matches(['[', ']']).to_owned();
            let roots = self.endpoint.route.roots.clone();
            let encrypt = async |step: &mut ConnectionStep| {
                let observer = Arc::new(Observer { inner: tls::verifier(&roots)?, seen: Mutex::default() });
                let config = tls::with_verifier(observer.clone())?;
                let shaken = handshake(&host, stream, config).await;
                step.certificate = observer.certificate();
                let shaken = shaken?;
                step.detail = Some(spoken(shaken.get_ref().1));
                Ok(())
            };
            self.step(ConnectionStepName::Tls, encrypt).await?;
        }
        Some(())
    }

    /// Takes a step, and notes how it went; `None` if it failed.
    async fn step<T>(
        &mut self,
        name: ConnectionStepName,
        take: impl AsyncFnOnce(&mut ConnectionStep) -> Result<T, Failure>,
    ) -> Option<T> {
        let mut step = ConnectionStep::new(name);
        let began = Instant::now();
        let limit = self.limits.connect;
        let taken = match tokio::time::timeout(limit, take(&mut step)).await {
            Ok(taken) => taken,
            Err(_) => Err(Failure::new(FailureCode::ConnectTimeout)),
        };
        step.took_ms = began.elapsed().as_millis() as u64;
        let (taken, failure) = match taken {
            Ok(taken) => (Some(taken), None),
            Err(failure) => (None, Some(self.endpoint.name(failure))),
        };
        step.failure = failure;
        self.steps.push(step);
        taken
    }
}

async fn resolve(name: &str, port: u16, step: &mut ConnectionStep) -> Result<Vec<SocketAddr>, Failure> {
    let not_found = |words: String| Failure::new(FailureCode::NameNotFound).detail(words);
    let found = lookup_host((name, port)).await.map_err(|error| not_found(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    let words: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    step.detail = Some(words.join(", "));
    if found.is_empty() { Err(not_found("the name has no address".into())) } else { Ok(found) }
}

/// The first address that takes the connection.
async fn connect(addresses: &[SocketAddr], step: &mut ConnectionStep) -> Result<TcpStream, Failure> {
    let mut last = Failure::new(FailureCode::Network);
    for address in addresses {
        step.detail = Some(address.to_string());
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                let code = match error.kind() {
                    std::io::ErrorKind::ConnectionRefused => FailureCode::ConnectionRefused,
                    std::io::ErrorKind::TimedOut => FailureCode::ConnectTimeout,
                    _ => FailureCode::Network,
                };
                last = Failure::new(code).detail(error.to_string());
            }
        }
    }
    Err(last)
}

/// Asks a proxy for a connection to `target`, as the HTTP client would.
async fn through(stream: Open, server: &ProxyServer, target: &Url) -> Result<Open, Failure> {
    let internal = |error: http::uri::InvalidUri| Failure::new(FailureCode::Internal).detail(error.to_string());
    let socks = server.address.starts_with("socks5");
    if !socks && target.scheme() == "http" {
        // A plain request is handed to the proxy as it is: there is nothing to ask before.
        return Ok(stream);
    }
    let (host, port) = (target.host_str().unwrap_or_default(), target.port_or_known_default().unwrap_or(443));
    let mut to = format!("{}://{host}:{port}", target.scheme());
    if !server.resolves() && matches!(target.host(), Some(Host::Domain(_))) {
        let mut addresses = lookup_host((host, port))
            .await
            .map_err(|error| Failure::new(FailureCode::NameNotFound).detail(error.to_string()))?;
        if let Some(address) = addresses.next() {
            to = format!("{}://{address}", target.scheme());
        }
    }
    let at = server.address.parse().map_err(internal)?;
    let to: http::Uri = to.parse().map_err(internal)?;
    let mut once = Some(TokioIo::new(stream));
    let opened = service_fn(move |_| {
        let stream = once.take().ok_or_else(|| std::io::Error::other("one connection is for one request"));
        std::future::ready(stream)
    });
    // Boxed, since what the two proxies give has a type that cannot be written.
    let asked: BoxFuture<'static, Result<TokioIo<Open>, String>> = if socks {
        let mut socks = SocksV5::new(at, opened);
        if let Some((user, password)) = &server.login {
            socks = socks.with_auth(user.clone(), password.expose().to_owned());
        }
        socks.oneshot(to).map_err(|error| classify::words_of(&error)).boxed()
    } else {
        let mut tunnel = Tunnel::new(at, opened);
        if let Some((user, password)) = &server.login {
            tunnel = tunnel.with_auth(super::basic_header(user, password)?);
        }
        tunnel.oneshot(to).map_err(|error| classify::words_of(&error)).boxed()
    };
    let refused = |words: String| proxy_failed(Failure::new(FailureCode::Proxy).detail(words));
    Ok(asked.await.map_err(refused)?.into_inner())
}

/// The same failure, laid at the proxy's door.
fn proxy_failed(failure: Failure) -> Failure {
    let status = classify::wants_login(failure.detail.as_deref().unwrap_or_default()).then_some(407);
    Failure { code: FailureCode::Proxy, status, ..failure }
}

type Encrypted = tokio_rustls::client::TlsStream<Open>;

async fn handshake(host: &str, stream: Open, config: rustls::ClientConfig) -> Result<Encrypted, Failure> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|error| Failure::new(FailureCode::CertificateName).detail(error.to_string()))?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| {
        let code = tls::cause(&error).unwrap_or(FailureCode::Tls);
        Failure::new(code).detail(error.to_string())
    })
}

/// `TLS 1.3, HTTP/2`.
fn spoken(connection: &rustls::ClientConnection) -> String {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let http = if connection.alpn_protocol() == Some(b"h2") { "HTTP/2" } else { "HTTP/1.1" };
    format!("{version}, {http}")
}

/// Keeps the certificate that was shown, and lets the system's verifier decide on it.
#[derive(Debug)]
struct Observer {
    inner: Arc<dyn ServerCertVerifier>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl Observer {
    fn certificate(&self) -> Option<rivulet_protocol::Certificate> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_deref().and_then(certificate::read)
    }
}

impl ServerCertVerifier for Observer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.to_vec());
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
