//! How much is too much.

/// Depth to which mappings and lists may be nested.
pub const MAX_DEPTH: usize = 100;

/// Size of one object in JSON, in bytes: what an API server takes in one request.
pub const MAX_OBJECT: usize = 3 << 20;

/// Bytes that anchors and aliases of one document may copy.
pub const MAX_COPIED: usize = 8 << 20;

/// Size of one text in bytes.
pub const MAX_TEXT: usize = 256 << 20;

/// Problems told of one document; of more keys that are written twice there is no news.
pub(crate) const MAX_PROBLEMS: usize = 100;

/// A size for people.
pub(crate) fn megabytes(bytes: usize) -> String {
    format!("{} MiB", bytes >> 20)
}
