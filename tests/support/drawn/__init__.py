"""Whole configurations of few names: what refers to one another often does, or just misses.

``infrastructure``  classes, Namespaces, Gateways, ListenerSets, listeners
``services``        Services, EndpointSlices, Secrets, ReferenceGrants
``routes``          HTTPRoutes and GRPCRoutes
``filters``         what their filters are
``requests``        requests aimed at them
"""

from support.drawn.configurations import configurations
from support.drawn.requests import requests

__all__ = ["configurations", "requests"]
