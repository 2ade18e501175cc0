#!/usr/bin/env bash
# Flips single bits of a bundle, one after the other, each put back. `casefile verify` must find every
# one, and so must at least one program that casefile's makers did not write.
#
#   tests/flips.sh BUNDLE [N [SEED]]     N places (1,000) over all bytes, and N/5 in its small files
#
# Of the outside programs the one runs that answers for the changed file, since all of them on every
# place would take hours: sha256sum on the file's line of its manifest; ssh-keygen for the tag manifest
# and its signature; Go's tlog for records, proofs, checkpoint, key and the record of the export. Where
# that one notices nothing, all others are asked before the place is counted as a hole.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ -n ${1:-} ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 2; }
bundle=$(cd "$1" && pwd)
number=${2:-1000}
seed=${3:-1}
casefile=${CASEFILE:-$repository/target/debug/casefile}
bagit=${BAGIT:-$repository/target/venv/bin/bagit.py}
place=$(mktemp -d)
flipped=()
put_back() { [[ ${#flipped[@]} == 0 ]] || flip "${flipped[@]}"; }
trap 'put_back; rm -rf "$place"' EXIT
cd "$bundle"

flip() { # FILE BIT
    local at=$(($2 / 8)) byte
    byte=$(od -An -tu1 -j "$at" -N 1 "$1")
    chmod u+w "$1"
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\x$(printf '%x' $((byte ^ 1 << ($2 % 8))))" |
        dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# N places by weight of bytes; then, file by file in turn, those that a bundle has one of: they are so
# small in a large bundle that the first would hardly ever hit them.
places() {
    python3 - "$number" "$seed" <<'PYTHON'
import os, random, sys
number, seed = map(int, sys.argv[1:])
source = random.Random(seed)
files = sorted(os.path.relpath(os.path.join(top, name)) for top, _, names in os.walk(".") for name in names)
sizes = [os.path.getsize(path) for path in files]
for path in source.choices(files, sizes, k=number):
    print(path, source.randrange(8 * os.path.getsize(path)))
single = [path for path, size in zip(files, sizes) if size and path.count("/") < 2]
for turn in range(number // 5):
    path = single[turn % len(single)]
    print(path, source.randrange(8 * os.path.getsize(path)))
PYTHON
}

line_of() { # MANIFEST FILE: the manifest's line about the file
    awk -v path="$2" '$2 == path' "$1"
}
by_sha256sum() { # FILE
    local manifest='tagmanifest-sha256.txt'
    [[ $1 != data/* ]] || manifest='manifest-sha256.txt'
    line_of "$manifest" "$1" >"$place/line"
    [[ ! -s $place/line ]] || sha256sum -c --strict --status "$place/line"
}
by_ssh_keygen() {
    ssh-keygen -Y verify -f log/allowed_signers -I actor -n casefile-bundle@v1 \
        -s tagmanifest-sha256.txt.sig <tagmanifest-sha256.txt
}
by_go_record() { # FILE: a record and its proof
    local name=${1##*/}
    name=${name%%.*}
    "$place/go-verify" proof "$vkey" "log/proofs/$name.tlog-proof" "log/leaves/$name.leaf"
}
by_go_bundle() { "$place/go-verify" bundle . "$vkey"; }
by_bagit() { "$bagit" --validate .; }

tool_of() { # FILE: the outside program that answers for it
    case $1 in
        log/leaves/* | log/proofs/*) echo by_go_record ;;
        log/vkey | log/policy | log/checkpoint | export.*) echo by_go_bundle ;;
        tagmanifest-sha256.txt | tagmanifest-sha256.txt.sig) echo by_ssh_keygen ;;
        *) echo by_sha256sum ;;
    esac
}

notices() { # TOOL FILE
    ! "$@" >"$place/said" 2>&1
}

declare -A counts=()
count() { counts[$1]=$((${counts[$1]:-0} + 1)); }
holes=0
hole() {
    printf 'HOLE: %s\n' "$1" >&2
    holes=$((holes + 1))
}

outside() { # FILE BIT
    local tool other
    tool=$(tool_of "$1")
    if notices "$tool" "$1"; then
        count "$tool"
        return
    fi
    for other in by_sha256sum by_ssh_keygen by_go_bundle by_bagit; do
        if notices "$other" "$1"; then
            count "$other, where $tool is silent"
            return
        fi
    done
    hole "no outside program notices bit $2 of $1"
}

try() { # FILE BIT
    local verdict=0
    flip "$1" "$2"
    flipped=("$1" "$2")
    "$casefile" --quiet verify --trust "$vkey" . >"$place/said" 2>&1 || verdict=$?
    if ((verdict == 1)); then count 'casefile verify'; else hole "casefile verify: $verdict for bit $2 of $1"; fi
    outside "$1" "$2"
    flip "$1" "$2"
    flipped=()
}

vkey=$(head -n 1 log/vkey)
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$place/go-cache GOFLAGS='' \
    go build -o "$place/go-verify" "$repository/oracle/verify.go"
"$casefile" --quiet verify --trust "$vkey" . >"$place/said" || { cat "$place/said" && exit 1; }
find . -type f -exec sha256sum {} + | sort >"$place/before"
places >"$place/places"
while read -r path bit; do try "$path" "$bit"; done <"$place/places"
find . -type f -exec sha256sum {} + | sort | cmp - "$place/before"

printf 'flips: %d places in %d files (%d bytes), %d holes, %d s\n' "$(wc -l <"$place/places")" \
    "$(wc -l <"$place/before")" "$(find . -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')" \
    "$holes" "$SECONDS"
for name in "${!counts[@]}"; do printf '%6d  %s\n' "${counts[$name]}" "$name"; done | sort -rn
exit $((holes > 0))
