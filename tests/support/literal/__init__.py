"""The Gateway API read literally, on objects as they are written: slow, and meant to be read.

It takes documents, and says which listeners serve, which routes they take, what their status is,
and where a request goes. It imports the snapshot's types, which it uses as words for filters and
answers, and nothing else of the package, so that it shares no mistake with resolution.

``world``       documents by name, ages, selectors of namespaces
``listeners``   Gateways of ours, the merged list of listeners, conflicts, what is programmed
``references``  grants, references to backends, endpoints
``rules``       which rules can be used, and what their filters and backends say
``attachment``  which listeners take a route; HTTPRoutes and GRPCRoutes that are rivals
``matching``    which match takes a request, in the order of precedence
``decide``      all of it for one request
"""

from support.literal.attachment import Configuration, Verdict
from support.literal.decide import decide
from support.literal.world import Document, World

__all__ = ["Configuration", "Document", "Verdict", "World", "decide"]
