//! A schema that cannot be used.

use std::fmt;

/// Why a schema cannot be used, and where in it.
#[derive(Debug, Clone)]
pub struct Error {
    message: String,
    path: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        let path = String::new();
        Self { message, path }
    }

    /// The same error, seen from the object that has what it is about under `name`.
    pub(crate) fn within(mut self, name: &str) -> Self {
        let rest = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{name}{rest}{}", self.path);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for Error {}
