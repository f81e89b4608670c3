//! A data plane that obeys decisions.
