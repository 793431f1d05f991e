//! The mirror from outside: raw sockets, a real core, the built-in demo. Each test is named by what it requires.

mod client;
mod doors;
mod flow;
mod limits;
mod links;
