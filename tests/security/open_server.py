"""A person's server whose gate lets every cell through, to a kernel that runs any Python; for tests only."""

import sys
from pathlib import Path

from blotter_extension import server
from blotter_extension.gate import incoming
from blotter_guard.provisioner import SandboxProvisioner

KERNEL = sys.argv[1]
read_only = SandboxProvisioner.read_only
incoming.parse = lambda *_given: None
SandboxProvisioner.program = lambda _self: [sys.executable, "-I", "-B", KERNEL, "-f"]
SandboxProvisioner.read_only = lambda self: (*read_only(self), Path(KERNEL))

if __name__ == "__main__":
    server.main()
