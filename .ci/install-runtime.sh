#!/bin/sh
# Install Junheng to be run, not developed: install-runtime.sh packages|project VENV
# The Dockerfile runs this in its build stage, and a test runs the same lines in a clean folder.
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

case "$1" in
packages)
    make_venv "$2"
    install_lock "$2" requirements.lock
    ;;
project) install_project "$2" ;;
*) stop "install-runtime.sh packages|project VENV" ;;
esac
