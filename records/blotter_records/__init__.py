"""The records service: the system of record of Blotter.

Layers, arrows only point down (held by import-linter):

    api | pages | cli | migrations        edges
    bootstrap                             joins ports to adapters
    services | adapters | client          use cases | the outside world | typed client
    ports | contract | settings
    domain | densitometry                 rules and measurements, no I/O
    vocabulary
    errors
"""

from importlib.metadata import version

__version__ = version("blotter-part11")
