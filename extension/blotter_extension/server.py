"""A person's server: JupyterHub's single-user server on JupyterLab, with a fixed configuration.

``python -I -m blotter_extension.server``, started by the hub's launcher with `JUPYTERHUB_*` and `BLOTTER_*` in the
environment; there are no arguments.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any, ClassVar

from blotter_records.errors import BlotterError
from blotter_records.installed.checking import of_this_process
from jupyter_server.serverapp import ServerApp

from blotter_extension.configuration import fixed_configuration, isolate_environment


class PersonServerApp(ServerApp):
    """A server that reads no configuration file and finds no extension by itself."""

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Read nothing."""

    def migrate_config(self) -> None:
        """Take over nothing of an old IPython: such files in a home would keep the server from starting."""

    def find_server_extensions(self) -> None:
        """Find nothing; the list is in the configuration."""


def main() -> None:
    """Run the server until it is told to stop."""
    private = isolate_environment()
    # JupyterHub and JupyterLab read the environment when they are imported.
    from jupyterhub.singleuser.extension import JupyterHubSingleUser  # noqa: PLC0415
    from jupyterlab import commands  # noqa: PLC0415

    from blotter_extension.person import person  # noqa: PLC0415

    # JupyterLab would run whatever is called node here, to learn of a package registry that is never asked.
    commands._yarn_config = lambda logger: {"yarn config": {}, "npm config": {}}  # noqa: ARG005, SLF001

    class PersonServer(JupyterHubSingleUser):
        """JupyterHub's extension, with our configuration beneath it."""

        serverapp_class = PersonServerApp
        serverapp_config: ClassVar[dict[str, Any]] = {
            "jpserver_extensions": {"jupyterhub": True, "blotter_extension": True, "jupyterlab": True}
        }
        load_other_extensions = False

        @classmethod
        def get_extension_package(cls) -> str:
            return "jupyterhub"

        @classmethod
        def make_serverapp(cls, **kwargs: Any) -> ServerApp:
            made: ServerApp = super().make_serverapp(**kwargs, config=fixed_configuration(person(), private))
            return made

    try:
        of_this_process()
        PersonServer.launch_instance(argv=[])
    except BlotterError as error:
        sys.exit(f"blotter: {error} {error.diagnostics()}")
    finally:
        shutil.rmtree(private, ignore_errors=True)


if __name__ == "__main__":
    main()
