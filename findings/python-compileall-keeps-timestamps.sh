#!/usr/bin/env bash
# compileall of Python 3.11: --invalidation-mode unchecked-hash leaves modules as they are that are compiled already.
#
# Believed: after `python -m compileall --invalidation-mode unchecked-hash FOLDER` no source below it is ever looked at,
#           and the same sources give the same bytes.
# So it is: a module whose bytecode is up to date by the time of its source is skipped, whatever mode is asked for. It
#           goes on being compared with that time, so a copy that changes times compiles it again at every start, and two
#           builds of one image differ. -f compiles them all.
# What we do: the Dockerfile passes -f, and one PYTHONHASHSEED. Without it thirteen files of one package differed.
# Seen:     2026-11-28. Source: Lib/compileall.py, compile_file: the header that it expects is that of a timestamp.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'answer = 42' > "$work/module.py"
mode() { python3 -c 'import sys; print(int.from_bytes(open(sys.argv[1], "rb").read()[4:8], "little"))' "$work"/__pycache__/module.*.pyc; }
env -u SOURCE_DATE_EPOCH python3 -m compileall -q "$work"
before=$(mode)
python3 -m compileall -q --invalidation-mode unchecked-hash "$work"
after=$(mode)
python3 -m compileall -q -f --invalidation-mode unchecked-hash "$work"
forced=$(mode)
echo "flags: $before before, $after after, $forced with -f (0: by time, 1: never looked at)"
[ "$before $after $forced" = "0 0 1" ]
