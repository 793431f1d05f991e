//! Talking to models: the catalog, wire protocols, the HTTP client.
