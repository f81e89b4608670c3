"""Runs conformance cases: manifests, and what has to come of them in statuses and on the wire.

``make conformance``, or ``python -m conformance`` in the folder of tests. A case is read by
:mod:`conformance.case` and run in a :mod:`conformance.world` of its own: a cluster made of files,
echo servers for its pods, and a gateway that serves it on loopback. What is expected comes from
the case alone.
"""
