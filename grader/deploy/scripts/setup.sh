#!/usr/bin/env bash
# Built once per autograder, as root: Python, a sandbox, and the grader in an environment of its own.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
source=$root/source

python=
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ "${AUTOGRADER_APT:-yes}" = yes ]; then
    apt-get update
    if [ -z "$python" ]; then
        for version in 3.13 3.12 3.11; do
            if apt-get install -y --no-install-recommends "python$version" "python$version-venv"; then
                python=python$version
                break
            fi
        done
    fi
    apt-get install -y --no-install-recommends bubblewrap || true # then landlock is tried
fi
if [ -z "$python" ]; then
    echo "No Python 3.11 or later is here. Choose another base image for the autograder." >&2
    exit 1
fi

"$python" -m venv "$root/environment"
install() {
    "$root/environment/bin/python" -m pip install --disable-pip-version-check --no-cache-dir "$@"
}
# The versions that were tested; where this Python cannot have one of them, those that fit it.
install -r "$source/requirements.txt" "$source"/gradewall-*.whl ||
    install "$(grep -i '^numpy==' "$source/requirements.txt")" "$source"/gradewall-*.whl
mkdir -p "$root/results"
