"""The one configuration of a person's server. Nothing is read from files or from the command line."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from traitlets.config import Config

from blotter_extension.authorizer import OwnerOnly
from blotter_extension.contents import RecordedNotebooks
from blotter_extension.gate.connection import GatedConnection
from blotter_extension.kernels.manager import KERNEL_NAME, GuardedKernels, NotebookSessions, OneKernelSpec
from blotter_extension.person import Person
from blotter_extension.templates import first_template, notebook_name

_PACKAGE = Path(__file__).parent
#: Of a request that is no upload: a notebook of 500 cells is far below.
_LONGEST_BODY = 8 << 20


def content_security_policy(signing_origin: str) -> str:
    """Return the policy of every page: our own files only, frames only for signing.

    JupyterLab's schema checks need `unsafe-eval`; no handler on the route list serves what a person wrote as a script.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data:",
            "worker-src 'self' blob:",
            f"frame-src {signing_origin}",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


def isolate_environment() -> Path:
    """Point every search path of Jupyter at this package and at an empty private folder.

    Returns
    -------
    Path
        The private folder, removed with the person's home when the server ends.
    """
    private = Path(tempfile.mkdtemp(prefix="blotter-"))
    for name in [name for name in os.environ if name.startswith(("JUPYTER_", "JUPYTERLAB_", "IPYTHON", "PYTHON"))]:
        del os.environ[name]
    os.environ.update(
        JUPYTER_CONFIG_DIR=str(_PACKAGE / "jupyter_config"),
        JUPYTER_CONFIG_PATH=str(_PACKAGE / "jupyter_config"),  # before the machine's own folders
        JUPYTER_DATA_DIR=str(private / "data"),
        JUPYTER_RUNTIME_DIR=str(private / "runtime"),
        JUPYTERLAB_DIR=str(Path(sys.prefix) / "share" / "jupyter" / "lab"),
    )
    return private


def lab_extensions(private: Path) -> Path:
    """Make a folder with exactly two prebuilt extensions: ours, and ipywidgets' manager."""
    folder = private / "labextensions"
    (folder / "@jupyter-widgets").mkdir(parents=True)
    (folder / "blotter").symlink_to(_PACKAGE / "labextension" / "blotter")
    manager = Path("@jupyter-widgets", "jupyterlab-manager")
    (folder / manager).symlink_to(Path(sys.prefix) / "share" / "jupyter" / "labextensions" / manager)
    return folder


def fixed_configuration(person: Person, private: Path) -> Config:
    """Return the configuration.

    Parameters
    ----------
    person : Person
        Whose server it is.
    private : Path
        An empty folder of this process.
    """
    root = private / "root"
    root.mkdir()
    first = first_template(person)
    config = Config()
    config.ServerApp.update(
        allow_external_kernels=False,
        allow_root=False,
        authorizer_class=OwnerOnly,
        contents_manager_class=RecordedNotebooks,
        default_url=f"/lab/tree/{quote(notebook_name(first.name))}" if first is not None else "/lab",
        kernel_manager_class=GuardedKernels,
        kernel_spec_manager_class=OneKernelSpec,
        kernel_websocket_connection_class=GatedConnection,
        max_body_size=_LONGEST_BODY,
        open_browser=False,
        root_dir=str(root),
        session_manager_class=NotebookSessions,
        terminals_enabled=False,
        tornado_settings={
            "headers": {
                "Content-Security-Policy": content_security_policy(person.signing_origin),
                "Referrer-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
            },
            "websocket_max_message_size": 2 << 20,
        },
    )
    config.GuardedKernels.default_kernel_name = KERNEL_NAME
    config.OneKernelSpec.allowed_kernelspecs = {KERNEL_NAME}
    config.OneKernelSpec.ensure_native_kernel = False
    config.HubOAuth.cache_max_age = 1
    config.LabApp.update(extension_manager="readonly", news_url=None, collaborative=False, expose_app_in_browser=False)
    config.LabServerApp.update(
        extra_labextensions_path=[],
        labextensions_path=[str(lab_extensions(private))],
        user_settings_dir=str(private / "settings"),
        workspaces_dir=str(private / "workspaces"),
    )
    config.LabApp.update(**config.LabServerApp)
    return config
