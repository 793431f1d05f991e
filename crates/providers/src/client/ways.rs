//! One HTTP client for each way to providers, so that its connections are used again.

use super::Limits;
use crate::network::{self, Proxy, Route};
use rivulet_protocol::{Failure, FailureCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// So many ways are kept open at most.
const WAYS: usize = 16;

#[derive(Clone, Debug, Default)]
pub(super) struct Ways(Arc<Mutex<Vec<(Route, reqwest::Client)>>>);

impl Ways {
    /// The client for this way.
    pub fn way(&self, route: &Route, limits: &Limits) -> Result<reqwest::Client, Failure> {
        // A list of whole pairs cannot be half changed by a panic.
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, http)) = ways.iter().find(|(known, _)| known.same_as(route)) {
            return Ok(http.clone());
        }
        let http = build(route, limits)?;
        if ways.len() == WAYS {
            ways.remove(0);
        }
        ways.push((route.clone(), http.clone()));
        Ok(http)
    }

    #[cfg(test)]
    pub fn only(route: Route, http: reqwest::Client) -> Self {
        Self(Arc::new(Mutex::new(vec![(route, http)])))
    }
}

fn build(route: &Route, limits: &Limits) -> Result<reqwest::Client, Failure> {
    let failed = |error: reqwest::Error| Failure::new(FailureCode::Internal).detail(error.to_string());
    let builder = builder(limits).tls_backend_preconfigured(network::tls_config(&route.roots)?);
    let builder = match &route.proxy {
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
