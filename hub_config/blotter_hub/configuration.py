"""JupyterHub's configuration for Blotter; ``settings.py`` lists the environment variables that it reads."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from blotter_hub.authenticator import ComplianceAuthenticator
from blotter_hub.proxy import LeashedTraefik
from blotter_hub.settings import HubSettings
from blotter_hub.spawner import LauncherSpawner

PACKAGE = Path(__file__).parent

#: Nothing from elsewhere, no inline script or style, no frame: these pages take passwords.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

#: What a signed-in person may ask of the hub: the own server. No tokens, no sharing, nothing of others.
PERSON_SCOPES = ["read:users!user", "users:activity!user", "servers!user", "access:servers!user"]


def configure(c: Any) -> None:
    """Fill JupyterHub's configuration object from the environment.

    Raises
    ------
    SettingMissing
        A required variable is not set.
    """
    settings = HubSettings.from_environment()
    settings.hub_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Traefik comes from a wheel, as a program beside the interpreter.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    _network(c, settings)
    _people(c, settings)
    _servers(c, settings)
    _pages(c, settings)


def _network(c: Any, settings: HubSettings) -> None:
    c.JupyterHub.bind_url = f"http://127.0.0.1:{settings.port}/"
    c.JupyterHub.public_url = settings.public_url
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.hub_api_port}"
    c.JupyterHub.proxy_class = LeashedTraefik
    c.LeashedTraefik.traefik_api_url = f"http://127.0.0.1:{settings.proxy_api_port}"
    c.LeashedTraefik.traefik_api_username = "blotter-hub"
    c.LeashedTraefik.traefik_api_password = secrets.token_urlsafe(24)
    c.LeashedTraefik.traefik_log_level = "ERROR"
    c.LeashedTraefik.static_config_file = str(settings.hub_dir / "traefik.toml")
    c.LeashedTraefik.dynamic_config_file = str(settings.hub_dir / "routes.toml")
    c.LeashedTraefik.extra_static_config = {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        # Images are streamed in: the default read time of 60 s would cut a large one on a slow line.
        "entryPoints": {"http": {"transport": {"respondingTimeouts": {"readTimeout": "3600s"}}}},
    }
    c.JupyterHub.db_url = with_password(settings.database_url, settings.database_password())
    c.JupyterHub.upgrade_db = False


def _people(c: Any, settings: HubSettings) -> None:
    c.JupyterHub.authenticator_class = ComplianceAuthenticator
    c.ComplianceAuthenticator.api_url = settings.api_url
    c.ComplianceAuthenticator.service_secret_file = str(settings.service_secret_file)
    c.ComplianceAuthenticator.allow_all = True  # the service decides who may sign in
    c.ComplianceAuthenticator.enable_auth_state = True
    c.ComplianceAuthenticator.auth_refresh_age = 1
    c.ComplianceAuthenticator.auth_refresh_strict = True
    c.ComplianceAuthenticator.refresh_pre_spawn = True
    c.CryptKeeper.keys = [_key_of(settings.hub_dir / "auth_state_key")]
    c.CryptKeeper.n_threads = 2
    c.JupyterHub.cookie_secret_file = str(settings.hub_dir / "cookie_secret")
    c.JupyterHub.cookie_max_age_days = 1
    c.JupyterHub.tornado_settings = {
        "headers": {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
        "cookie_options": {"samesite": "Lax", "expires_days": None},  # gone when the browser is closed
        "xsrf_cookie_kwargs": {"samesite": "Lax"},
    }
    c.JupyterHub.load_roles = [{"name": "user", "description": "The own server", "scopes": PERSON_SCOPES}]
    c.JupyterHub.admin_access = False
    c.JupyterHub.shutdown_on_logout = True
    c.JupyterHub.allow_named_servers = False
    c.JupyterHub.authenticate_prometheus = True


def _servers(c: Any, settings: HubSettings) -> None:
    c.JupyterHub.spawner_class = LauncherSpawner
    c.LauncherSpawner.launcher_socket = str(settings.launcher_socket)
    c.LauncherSpawner.poll_interval = 3
    c.LauncherSpawner.start_timeout = 60
    c.LauncherSpawner.http_timeout = 60
    c.LauncherSpawner.disable_user_config = True
    c.LauncherSpawner.environment = {
        "BLOTTER_API_URL": settings.api_url,
        "BLOTTER_SIGNING_ORIGIN": settings.signing_origin,
        "BLOTTER_IS_DEMO": str(int(settings.is_demo)),
        "BLOTTER_IS_EVALUATION": str(int(settings.is_evaluation)),
    }
    c.JupyterHub.cleanup_servers = True
    c.JupyterHub.cleanup_proxy = True


def _pages(c: Any, settings: HubSettings) -> None:
    c.JupyterHub.template_paths = [str(PACKAGE / "templates")]
    c.JupyterHub.logo_file = str(PACKAGE / "static" / "blotter.svg")
    c.JupyterHub.redirect_to_server = False
    c.JupyterHub.template_vars = {
        "is_demo": settings.is_demo,
        "is_evaluation": settings.is_evaluation,
        "signing_origin": settings.signing_origin,
    }


def with_password(url: str, password: str) -> str:
    """Return a database URL (``postgresql+psycopg://role@host/database``) with the password put in."""
    parts = urlsplit(url)
    role, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}").geturl()


def _key_of(file: Path) -> str:
    """Return the key that encrypts session tokens in the hub's database; made at the first start, mode 0600."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    key = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(key)
    return key
