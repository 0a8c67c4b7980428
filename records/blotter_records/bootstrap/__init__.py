"""The one place where services are joined to the outside world; tests pass other parts through the same door."""

from blotter_records.bootstrap.joining import Services, build, faults_of
from blotter_records.bootstrap.outside import Ports, outside

__all__ = ["Ports", "Services", "build", "faults_of", "outside"]
