"""The command ``gwroute``: one file a command, and what they share.

=============== ==========================================================================
``main``        the group, lazily imported commands, exit codes, ends by signal or pipe
``options``     every option, defined once
``inputs``      from options to a store, a resolution and a router
``output``      colour, diagnostics, JSON and YAML
``report``      findings as text, JSON, GitHub annotations, SARIF and JUnit
``kinds``       kinds as people write them
``columns``     what a table shows of each kind
``table``       tables and ages as kubectl prints them
``curl``        curl's spelling of a request
=============== ==========================================================================

Data goes to standard output and nothing else does; everything else goes to standard error.
"""
