//! For tests only: a scriptable upstream.
