//! What the listener reads, and whom it lets in by that.

mod files;
