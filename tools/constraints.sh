#!/bin/sh
# Pin every direct and transitive dependency in constraints.txt: the newest versions that agree
# on every Python from 3.11 on. Neither the index nor a path of this machine is written.
set -eu

cd "$(dirname "$0")/.."
PATH="$PATH:${VENV:-.venv}/bin"
command -v uv >/dev/null || { echo "uv is needed: pip install uv" >&2; exit 1; }

trap 'rm -f constraints.txt.new' EXIT
{
    echo "# The versions that Friday is tested with, on Python 3.11 to 3.14. Written by: make constraints"
    uv pip compile pyproject.toml --extra demo --group dev --universal --python-version 3.11 \
        --no-header --no-emit-index-url --no-emit-find-links --quiet
} >constraints.txt.new
mv constraints.txt.new constraints.txt
