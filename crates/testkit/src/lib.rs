//! For tests only: an upstream that does what a test tells it.
//!
//! Crates use it in their own tests, the end-to-end tests in front of the whole app.
//!
//! ```
//! use rivulet_testkit::{Script, Upstream};
//!
//! let upstream = Upstream::start([Script::stream().text("Hel").text("lo").done()]);
//! // Point a client at `upstream.base_url()`, and then look at what it sent:
//! assert!(upstream.requests().is_empty());
//! ```

#![allow(clippy::unwrap_used)]

mod http1;
mod http2;
mod proxy;
mod script;
mod shelf;
mod tls;
mod upstream;

pub use proxy::{Manners, Proxy};
pub use script::Script;
pub use shelf::{Ill, Shelf};
pub use tls::{Authority, Identity};
pub use upstream::{Listen, Request, Upstream};
