# Sourced by the other scripts: finds or installs what they need, and fails with a clear
# message if it cannot. Each step writes a stamp file, so that a second run skips it.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# So that Python processes share compiled files.
unset PYTHONDONTWRITEBYTECODE
export npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

fail() {
  printf '\033[31m%s\033[0m\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@" >&2; fi
  exit 1
}

# Python -----------------------------------------------------------------------

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14 python; do
    if is_new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer was not found." \
    "Install one from https://www.python.org/downloads/ or your system's packages," \
    "or set PYTHON=/path/to/python3.12."
}

# Creates .venv and installs this project into it with the given extras.
ensure_environment() {
  local wanted extra python
  if ! is_new_enough .venv/bin/python; then
    python=$(find_python)
    say "Creating .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || fail "$python could not create a virtual environment." \
      "On Debian and Ubuntu: apt install python3-venv"
  fi
  wanted=$(cksum <pyproject.toml)
  for extra in "$@"; do
    if [ "$(cat ".venv/installed-$extra" 2>/dev/null)" != "$wanted" ]; then
      say "Installing Python packages into .venv: $* (a minute or two the first time)"
      # ensure_frontend builds the frontend, with the versions of the lock file.
      HATCH_JUPYTER_BUILDER_SKIP_NPM=1 \
        .venv/bin/python -m pip install --quiet --editable ".[$(IFS=,; echo "$*")]"
      for extra in "$@"; do echo "$wanted" >".venv/installed-$extra"; done
      return
    fi
  done
}

# Node -------------------------------------------------------------------------

ensure_node() {
  local advice="Install Node 20 or newer from https://nodejs.org/ or your system's packages."
  command -v node >/dev/null || fail "Node is needed to build the frontend." "$advice"
  command -v npm >/dev/null || fail "npm, which comes with Node, was not found." "$advice"
  node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
    fail "Node $(node --version) is too old to build the frontend." "$advice"
}

ensure_node_modules() {
  local wanted
  ensure_node
  wanted=$(cat js/package.json js/package-lock.json | cksum)
  if [ "$(cat js/node_modules/.installed 2>/dev/null)" != "$wanted" ]; then
    say "Installing the frontend's packages into js/node_modules"
    (cd js && npm ci --loglevel=error)
    echo "$wanted" >js/node_modules/.installed
  fi
}

# Builds js/ into nanover_jupyter/static if its sources have changed.
ensure_frontend() {
  local wanted
  ensure_node_modules
  wanted=$(find js \( -name node_modules -o -name dist \) -prune -o -type f -print | LC_ALL=C sort | xargs cksum | cksum)
  if [ "$(cat js/node_modules/.built 2>/dev/null)" != "$wanted" ] ||
    [ ! -f nanover_jupyter/static/control_room.js ]; then
    say "Building the frontend into nanover_jupyter/static"
    (cd js && npm run --silent build)
    echo "$wanted" >js/node_modules/.built
  fi
}

# NanoVer's own server -----------------------------------------------------------

# Runs scripts/real_server with an option that installs. Without the server, tests are skipped.
ensure_real_server() {
  scripts/real_server "$1" >/dev/null ||
    say "NanoVer's own server is not available. Tests that need it will be skipped."
}

# Chromium ---------------------------------------------------------------------

# Sets CHROMIUM to the path of Chromium or Chrome.
ensure_chromium() {
  local candidate
  if [ -n "${CHROMIUM:-}" ]; then
    [ -x "$CHROMIUM" ] || fail "CHROMIUM=$CHROMIUM is not an executable."
    export CHROMIUM
    return
  fi
  for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
    if CHROMIUM=$(command -v "$candidate"); then
      export CHROMIUM
      return
    fi
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing chromium and fonts-dejavu-core"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    CHROMIUM=$(command -v chromium)
    export CHROMIUM
    return
  fi
  fail "The browser tests need Chromium or Chrome." \
    "On Debian: sudo apt-get install --no-install-recommends chromium fonts-dejavu-core" \
    "On other systems: CHROMIUM=/path/to/chrome make test"
}
