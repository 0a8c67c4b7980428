#!/bin/sh
# Prepares this checkout: system packages, virtual environment from the lock files, Blotter itself.
#
#   setup.sh run      what `make run` needs
#   setup.sh test     what `make test` needs besides (browser, PDF reader, a clock to jump, test and lint packages)
#   setup.sh where    prints the virtual environment's folder and does nothing (tools: the installer's)
#
# As root everything goes below /opt/blotter, where the system users of the services can read it even when the
# checkout itself is private; as an ordinary user it goes to `.venv` in the checkout. Each step leaves a stamp with the
# digest of what it was made from, so that a second call takes well under a second.
set -eu
umask 022
cd -- "$(dirname -- "$0")/../.."

if [ "$(id -u)" = 0 ]; then
    home=/opt/blotter/$(pwd -P | sha256sum | cut -c1-12)
    venv=$home/venv
else
    home=$(pwd -P)/build/setup
    venv=$(pwd -P)/.venv
fi
want=${1:-run}
case $want in
    where) printf '%s\n' "$venv"; exit 0 ;;
    tools) printf '%s\n' "$home/tools"; exit 0 ;;
    run | test) ;;
    *) echo "setup.sh: '$want'? Say run, test, where or tools." >&2; exit 2 ;;
esac

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }
# fresh STAMP VALUE: true when the step that wrote STAMP was made from VALUE.
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# --- system packages ---------------------------------------------------------------------------------------------
packages="python3-venv bubblewrap libseccomp2 poppler-utils fonts-noto-core fonts-noto-cjk fonts-noto-mono"
[ "$want" = run ] || packages="$packages chromium faketime openssl"

missing=
if command -v dpkg-query >/dev/null; then
    for package in $packages; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            *" installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
else  # not a Debian: what we call by name has to be there
    command -v bwrap >/dev/null || missing="$missing bubblewrap"
    command -v pdftotext >/dev/null || missing="$missing poppler-utils"
    [ "$want" = run ] || command -v chromium >/dev/null || missing="$missing chromium"
    [ "$want" = run ] || command -v faketime >/dev/null || missing="$missing faketime"
    [ "$want" = run ] || command -v openssl >/dev/null || missing="$missing openssl"
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing system packages:$missing"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # one word per package
        apt-get install -qq -y --no-install-recommends $missing </dev/null >/dev/null 2>&1 || {
            apt-get update -qq </dev/null || stop "'apt-get update' failed: check the package sources, then run make again"
            apt-get install -qq -y --no-install-recommends $missing </dev/null >/dev/null ||
                stop "could not install$missing: see the lines above, then run make again"
        }
    else
        stop "these system packages are missing; ask for 'sudo apt-get install$missing', then run make again"
    fi
fi

# --- an interpreter that the services' users can run ----------------------------------------------------------------
is_usable() {
    command -v "$1" >/dev/null || return 1
    check='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
    if [ "$(id -u)" = 0 ]; then  # a Python in somebody's private home serves nobody else
        (cd / && setpriv --reuid 65534 --regid 65534 --clear-groups "$(command -v "$1")" -I -c "$check") 2>/dev/null
    else
        "$1" -I -c "$check" 2>/dev/null
    fi
}
python=
for candidate in /usr/bin/python3 /usr/local/bin/python3 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11 python3
do
    if is_usable "$candidate"; then python=$(command -v "$candidate"); break; fi
done
[ -n "$python" ] || stop "needs Python 3.11 or newer, with venv, that every user of this machine can run (Debian: apt-get install python3-venv)"

mkdir -p "$home"
if command -v flock >/dev/null; then exec 9>"$home/lock"; flock 9; fi
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
[ -w "${HOME:-/nowhere}" ] || HOME=$home
# The certificates of the machine: a laboratory's network may have an authority of its own.
# Files are copied, not linked to uv's cache: nothing that is done there reaches what is installed here.
export HOME UV_LINK_MODE=copy UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_REQUIRE_VIRTUALENV || true

# --- the tools that install: pip brings uv and hatchling, by hash -----------------------------------------------------
tools=$home/tools
stamp=$(digest requirements-build.lock)$($python -V)
if ! fresh "$home/tools.stamp" "$stamp"; then
    say "installing the installer"
    rm -rf "$tools"
    "$python" -I -m venv "$tools"
    "$tools/bin/python" -I -m pip install -q --require-hashes --only-binary :all: -r requirements-build.lock 2>"$home/pip.log" ||
        { cat "$home/pip.log" >&2; stop "pip could not fetch the installer: is the package index reachable?"; }
    printf %s "$stamp" >"$home/tools.stamp"
fi
uv="$tools/bin/uv"
# A laboratory's own mirror is set up once, for pip: uv takes it from there.
if [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    mirror=${PIP_INDEX_URL:-$("$tools/bin/python" -I -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$mirror" ] || export UV_DEFAULT_INDEX="$mirror"
fi

# --- everything that Blotter needs, from the lock -----------------------------------------------------------------------
lock=requirements.lock
if [ "$want" = test ] || [ -e "$home/with-tests" ]; then lock=requirements-dev.lock; fi
made_from="$($python -V), copied"
stamp=$(digest "$lock")$made_from
if ! fresh "$home/venv.stamp" "$stamp"; then
    say "installing packages from $lock"
    [ -x "$venv/bin/python" ] && fresh "$home/venv.python" "$made_from" || {
        rm -rf "$venv"
        "$uv" venv -q --python "$python" --no-project "$venv"
        printf %s "$made_from" >"$home/venv.python"
    }
    rm -f "$home/project.stamp"
    "$uv" pip sync -q --python "$venv/bin/python" --require-hashes --no-build --compile-bytecode "$lock" ||
        stop "could not install the packages: is the package index reachable?"
    [ "$lock" != requirements-dev.lock ] || : >"$home/with-tests"
    printf %s "$stamp" >"$home/venv.stamp"
fi

# --- Blotter itself, copied (not linked), so that a private checkout does not matter ----------------------------------
stamp=$(find pyproject.toml README.md LICENSE hub_config extension kernel_guard instrument records \
    requirements.lock requirements-dev.lock -type f ! -name '*.pyc' -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
if ! fresh "$home/project.stamp" "$stamp"; then
    say "installing Blotter"
    rm -rf "$home/wheel"
    "$tools/bin/python" -I -m hatchling build -t wheel -d "$home/wheel" >"$home/build.log" 2>&1 ||
        { cat "$home/build.log" >&2; stop "could not build Blotter from this checkout"; }
    "$uv" pip install -q --python "$venv/bin/python" --no-deps --offline --reinstall --compile-bytecode "$home"/wheel/*.whl
    "$venv/bin/python" -I -m blotter_records.cli packages --seal "$lock" >"$home/packages.log" ||
        stop "what was installed is not what $lock names"
    printf %s "$stamp" >"$home/project.stamp"
fi
