//! One HTTP client for each way to providers, so that its connections are used again.

use super::Limits;
use crate::network::{self, Proxy, Roots, Route};
use rivulet_protocol::{Failure, FailureCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// So many ways are kept open at most.
const WAYS: usize = 16;

#[derive(Clone, Debug, Default)]
pub(super) struct Ways(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    clients: Vec<(Route, reqwest::Client)>,
    /// Reading the system's certificate authorities takes long, and they are the same for every proxy.
    tls: Option<(Roots, rustls::ClientConfig)>,
}

impl Ways {
    /// The client for this way.
    pub fn way(&self, route: &Route, limits: &Limits) -> Result<reqwest::Client, Failure> {
        // Both lists only ever hold whole entries, so a panic cannot leave one half changed.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, http)) = known.clients.iter().find(|(other, _)| other.same_as(route)) {
            return Ok(http.clone());
        }
        let tls = match &known.tls {
            Some((roots, tls)) if *roots == route.roots => tls.clone(),
            _ => network::tls_config(&route.roots)?,
        };
        known.tls = Some((route.roots.clone(), tls.clone()));
        let http = build(&route.proxy, tls, limits)?;
        if known.clients.len() == WAYS {
            known.clients.remove(0);
        }
        known.clients.push((route.clone(), http.clone()));
        Ok(http)
    }

    #[cfg(test)]
    pub fn only(route: Route, http: reqwest::Client) -> Self {
        Self(Arc::new(Mutex::new(Known { clients: vec![(route, http)], tls: None })))
    }
}

fn build(proxy: &Proxy, tls: rustls::ClientConfig, limits: &Limits) -> Result<reqwest::Client, Failure> {
    let failed = |error: reqwest::Error| Failure::new(FailureCode::Internal).detail(error.to_string());
    let builder = builder(limits).tls_backend_preconfigured(tls);
    let builder = match proxy {
        Proxy::System => builder,
        Proxy::Direct => builder.no_proxy(),
        Proxy::Through(server) => {
            let proxy = reqwest::Proxy::all(&server.address).map_err(failed)?;
            builder.proxy(match &server.login {
                Some((user, password)) => proxy.basic_auth(user, password.expose()),
                None => proxy,
            })
        }
    };
    builder.build().map_err(failed)
}

pub(super) fn builder(limits: &Limits) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("Rivulet/", env!("CARGO_PKG_VERSION")))
        // A redirect would take the conversation, and with some vendors' headers the key, to another host.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(limits.connect)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(limits.ping.0)
        .http2_keep_alive_timeout(limits.ping.1)
        .pool_idle_timeout(Duration::from_secs(30))
}
