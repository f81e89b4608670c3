"""Profiles of hypothesis: a quick one for every run, a long one for ``make soak-properties``."""

import os

from hypothesis import HealthCheck, settings

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "quick", max_examples=150, deadline=None, derandomize=True, suppress_health_check=_CHECKS
)
settings.register_profile(
    "soak", max_examples=50_000, deadline=None, print_blob=True, suppress_health_check=_CHECKS
)
settings.load_profile(os.environ.get("GWROUTE_HYPOTHESIS", "quick"))
