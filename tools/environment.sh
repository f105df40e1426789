#!/bin/sh
# Make the project's virtual environment, or bring it up to date:
#
#     sh tools/environment.sh demo    the project and the data of the demo
#     sh tools/environment.sh dev     besides, everything that `make check` and `make test` need
#
# Variables: PYTHON (python3), the interpreter to start from; VENV (.venv), where to;
# NO_UV, not empty: do without uv. uv only saves time; what is installed is the same.
set -eu

python=${PYTHON:-python3}
venv=${VENV:-.venv}
wanted=${1:-}
oldest=3.11

say() { printf '%s\n' "$*"; }

fail() {
    say "$@" >&2
    exit 1
}

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

version_of() {
    "$1" -c 'import platform; print("Python " + platform.python_version())' 2>/dev/null
}

# Exits, naming a newer Python of this machine if there is one.
refuse_python() {
    if found=$(version_of "$python"); then
        problem="'$python' is $found"
    else
        problem="'$python' is not a Python that runs"
    fi
    for other in python3 python3.14 python3.13 python3.12 python3.11; do
        if is_recent "$other"; then
            fail "$problem; Friday needs $oldest or later. Found $other: add PYTHON=$other to the make command."
        fi
    done
    fail "$problem; Friday needs $oldest or later. Install one, then add PYTHON=/path/to/python3 to the make command."
}

uv_on_path() {
    [ -z "${NO_UV:-}" ] && command -v uv >/dev/null 2>&1
}

make_environment() {
    is_recent "$python" || refuse_python
    say "Making $venv with $(version_of "$python")."
    rm -rf "$venv"
    if uv_on_path && uv venv --quiet --python "$("$python" -c 'import sys; print(sys.executable)')" "$venv"; then
        return
    fi
    if ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        fail "'$python -m venv' failed. On Debian and Ubuntu: apt install python3-venv. Or install uv."
    fi
}

install_with_uv() {
    if uv_on_path; then
        uv=uv
    elif [ -n "${NO_UV:-}" ]; then
        return 1
    else
        uv=$venv/bin/uv
        [ -x "$uv" ] || "$venv/bin/python" -m pip install --quiet uv || return 1
    fi
    say "Installing with uv; the first time this can take a minute."
    "$uv" pip install --quiet --python "$venv/bin/python" --constraints constraints.txt "$@"
}

install_with_pip() {
    say "Installing with pip; the first time this can take some minutes."
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null || return 1
    # Dependency groups need pip 25.1.
    "$venv/bin/python" -m pip install --quiet --upgrade 'pip>=25.1' || return 1
    "$venv/bin/python" -m pip install --quiet --constraint constraints.txt "$@"
}

case $wanted in
    demo) set -- --editable '.[demo]' ;;
    dev) set -- --editable '.[demo]' --group dev ;;
    *) fail "usage: sh tools/environment.sh demo|dev" ;;
esac

cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
is_recent "$venv/bin/python" || make_environment
install_with_uv "$@" || install_with_pip "$@" ||
    fail "The installation failed, see above. It needs a package index; 'make clean' starts afresh."

# The Makefile compares these with pyproject.toml, so that nothing is installed twice.
touch "$venv/.installed-demo"
if [ "$wanted" = dev ]; then touch "$venv/.installed-dev"; fi
