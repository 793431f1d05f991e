//! The localhost HTTP and SSE server.
