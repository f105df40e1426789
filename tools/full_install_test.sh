#!/bin/sh
# Install Friday's wheel as a stranger does, with its dependencies from the package index and without
# constraints.txt, into a new environment; then make a host and run it. Needs a package index.
#
# Variables: PYTHON (python3), the interpreter of the new environment; VENV (.venv), whose
# hatchling builds the wheel.
set -eu

cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=${VENV:-.venv}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset PYTHONPATH

"$venv/bin/python" -m hatchling build --target wheel --directory "$folder/wheel"
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$folder"/wheel/*.whl

cd "$folder"
PATH="$folder/venv/bin:$PATH"
friday version
friday new host demo-host
cd demo-host
friday plugins
friday run
