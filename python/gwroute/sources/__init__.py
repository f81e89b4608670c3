"""Where objects come from: files (:mod:`gwroute.sources.files`)."""
