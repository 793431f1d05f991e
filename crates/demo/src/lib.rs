//! The built-in upstream: an OpenAI-compatible server on loopback that needs no key.
