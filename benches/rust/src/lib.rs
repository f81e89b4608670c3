//! Generators that the benchmarks share.
