"""All of it together."""

from __future__ import annotations

from hypothesis import strategies as st

from support.drawn.infrastructure import classes, gateways, listener_sets, namespaces
from support.drawn.routes import routes
from support.drawn.services import grants, secrets, services
from support.objects import Document


@st.composite
def configurations(draw: st.DrawFn) -> list[Document]:
    """Documents of one cluster."""
    parents = gateways(draw)
    sets = listener_sets(draw, parents)
    return [
        *classes(),
        *namespaces(draw),
        *parents,
        *sets,
        *routes(draw, parents + sets),
        *services(draw),
        *secrets(draw),
        *grants(draw),
    ]
