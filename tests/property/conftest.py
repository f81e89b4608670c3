"""Profiles of hypothesis: a quick one for every run, a long one for ``make soak-properties``."""

import os

from hypothesis import HealthCheck, Phase, settings

_COMMON = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    # Without the explanations, for which every line is traced.
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
)

settings.register_profile("quick", _COMMON, max_examples=150, derandomize=True)
settings.register_profile("soak", _COMMON, max_examples=250)
settings.load_profile(os.environ.get("GWROUTE_HYPOTHESIS", "quick"))
