#!/usr/bin/env bash
# Speed of `casefile scrub` beside `openssl dgst -sha256` over the same bytes, in turn: on one core, and
# on two against openssl's one. Both read from the disk: what the system has cached is dropped before.
# `casefile verify`, which takes bytes from wherever they are, and openssl then read from memory.
#
#   CASEFILE=target/release/casefile benches/scrub.sh [ROUNDS] [FILES] [BYTES A FILE]
#
# PLACE=/dev/shm gives a disk as fast as memory: what then differs is the reading and hashing alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

casefile=$(realpath "${CASEFILE:-target/release/casefile}")
rounds=${1:-5}
files=${2:-8}
bytes=${3:-100000000}

place=$(mktemp -d -p "${PLACE:-${TMPDIR:-/tmp}}")
trap 'rm -rf "$place"' EXIT

seconds() { # COMMAND...
    local start=$EPOCHREALTIME
    "$@" >"$place/out"
    local end=$EPOCHREALTIME
    awk -v s="$start" -v e="$end" 'BEGIN { printf "%.3f", e - s }'
}

forget() {
    local file
    for file in "${objects[@]}"; do
        dd if="$file" iflag=nocache count=0 status=none
    done
}

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

mkdir "$place/in"
for ((n = 0; n < files; n++)); do openssl rand "$bytes" >"$place/in/$n.bin"; done
"$casefile" init "$place/case" --unprotected >"$place/out"
"$casefile" -C "$place/case" capture "$place/in" >"$place/out"
rm -r "$place/in"
sync
mapfile -t objects < <(find "$place/case/objects" -type f -size +"$((bytes / 2))c")

for ((round = 0; round < rounds; round++)); do
    forget
    theirs=$(seconds taskset -c 0 openssl dgst -sha256 "${objects[@]}")
    cat "${objects[@]}" >"$place/warm" && rm "$place/warm"
    warm=$(seconds taskset -c 0 openssl dgst -sha256 "${objects[@]}")
    verify=$(seconds "$casefile" -C "$place/case" verify)
    one=$(seconds taskset -c 0 "$casefile" -C "$place/case" scrub --unrecorded --anew)
    two=$(seconds "$casefile" -C "$place/case" scrub --unrecorded --anew)
    printf 'openssl %s s from disk, %s s from memory; scrub %s s on one core, %s s on two; verify %s s\n' \
        "$theirs" "$warm" "$one" "$two" "$verify"
    echo "$theirs $warm $one $two $verify" >>"$place/times"
done
printf 'speed by openssl on one core (1 = as fast), medians of %d rounds, load %s\n' "$rounds" "$(cut -d' ' -f1 /proc/loadavg)"
printf '  scrub, one core:  %s (openssl from disk), %s (from memory)\n' \
    "$(awk '{ print $1 / $3 }' "$place/times" | median)" "$(awk '{ print $2 / $3 }' "$place/times" | median)"
printf '  scrub, two cores: %s (openssl from disk), %s (from memory)\n' \
    "$(awk '{ print $1 / $4 }' "$place/times" | median)" "$(awk '{ print $2 / $4 }' "$place/times" | median)"
printf '  verify, two cores, from memory: %s (from memory)\n' "$(awk '{ print $2 / $5 }' "$place/times" | median)"
