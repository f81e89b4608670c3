"""Certificates of listeners whose time is over, has not come, or is nearly over.

The Gateway API has them shown all the same, so this is no matter of status.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import cast

from gwroute._native import certificate_lapse
from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import Gateway, ListenerSet, Secret
from gwroute.resolve.grants import Referrer, permitted
from gwroute.resolve.material import text_of

__all__ = ["lapsing_certificates"]

SOON = 14 * 24 * 60 * 60
"""Seconds before its end at which a certificate should have been renewed."""


def lapsing_certificates(view: View) -> Iterator[Finding]:
    """Certificates that clients refuse, or soon will (GWR701)."""
    owners = {listener.owner for gateway in view.gateways for listener in gateway.listeners}
    for key in sorted(owners):
        owner = cast("Gateway | ListenerSet", view.store.get(key))
        for index, listener in enumerate(owner.spec.listeners):
            for at, secret in _secrets(view, owner, index):
                words = _lapse(text_of(secret, "tls.crt") or "", int(time.time()))
                if words is not None:
                    yield Finding.at(
                        "GWR701",
                        owner,
                        f"spec.listeners[{index}].tls.certificateRefs[{at}].name",
                        f"{owner.key} listener {listener.name}: the certificate of {secret.key} "
                        f"{words}",
                        help="renew it",
                    )


def _secrets(view: View, owner: Gateway | ListenerSet, index: int) -> Iterator[tuple[int, Secret]]:
    """The Secrets that a listener may refer to and does, by position."""
    tls, own = owner.spec.listeners[index].tls, owner.namespace or ""
    for at, ref in enumerate(tls.certificate_refs if tls else ()):
        namespace = ref.namespace or own
        secret = view.store.find(Secret, namespace, ref.name)
        referrer = Referrer(owner.key.kind, own)
        if (
            secret is not None
            and (ref.group, ref.kind) == ("", "Secret")
            and permitted(view.store, referrer, "", "Secret", namespace, ref.name)
        ):
            yield at, secret


def _lapse(certificates: str, now: int) -> str | None:
    """What is to be said of the dates of a certificate; None if nothing."""
    try:
        lapse = certificate_lapse(certificates.encode(), now)
        soon = lapse or certificate_lapse(certificates.encode(), now + SOON)
    except ValueError:
        # Resolution says of it that it is none.
        return None
    if soon is None:
        return None
    is_over, when = soon
    day = f"{datetime.fromtimestamp(when, timezone.utc):%Y-%m-%d}"
    if not is_over:
        return f"is not good before {day}; clients refuse it"
    return f"ended on {day}; clients refuse it" if lapse else f"ends on {day}"
