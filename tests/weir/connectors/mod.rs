//! The kinds of listeners and destinations beside MLLP, through the real binary.

mod folder;
mod http;
