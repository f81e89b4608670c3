//! The meaning of a snapshot: snapshot in, decision out; pure.
