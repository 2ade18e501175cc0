#!/usr/bin/env bash
# A case on disks of many sizes, most of them too small: run by machine.rs in a name space of its own.
#
#   full.sh CASEFILE
set -euo pipefail

casefile=$1
disk=$(mktemp -d)
beside=$(mktemp -d)
trap 'umount "$disk" 2>/dev/null || true; rm -rf "$disk" "$beside"' EXIT
for name in one two three; do mkdir -p "$beside/in"; head -c 30000 /dev/urandom >"$beside/in/$name.bin"; done

fail() {
    echo "at $size KiB: $*"
    cat said 2>/dev/null || true
    exit 1
}

# Stopped for want of room it ends with 3, names a file and says what to do.
stopped() { # WHAT CODE
    [[ $2 == 3 ]] || fail "$1 ends with $2"
    grep -q 'No space left' "$beside/said" || fail "$1 does not say why: $(cat "$beside/said")"
    grep -qi 'space' <(tail -1 "$beside/said") || fail "$1 does not say what to do"
    echo "$1 was stopped"
}

for size in $(seq 84 24 708); do
    mount -t tmpfs -o "size=${size}k" none "$disk"
    cd "$disk"
    "$casefile" init case --unprotected >"$beside/said" 2>&1 || {
        cd / && umount "$disk"
        continue
    }
    code=0
    "$casefile" -C case --json capture "$beside/in" --commit-every 1 >"$beside/kept" 2>"$beside/said" || code=$?
    ((code == 0)) || stopped capture "$code"
    full=$code
    "$casefile" -C case verify >"$beside/said" 2>&1 || fail "the case does not hold: $(cat "$beside/said")"
    while read -r digest; do
        held=$(sha256sum "case/objects/${digest:0:2}/${digest:2}" | cut -d' ' -f1)
        [[ $held == "$digest" ]] || fail "$digest was acknowledged and is lost"
    done < <(grep -o '"leaf".*"sha256":"[0-9a-f]*"' "$beside/kept" | grep -o '[0-9a-f]\{64\}')
    if ((full == 0)); then
        "$casefile" -C case export out >"$beside/said" 2>&1 || code=$?
        if ((code == 0)); then
            echo 'all went through'
        else
            stopped export "$code"
            [[ ! -e out ]] || fail 'half a bundle has its final name'
        fi
        "$casefile" -C case verify >"$beside/said" 2>&1 || fail "the case does not hold: $(cat "$beside/said")"
    fi
    mount -o remount,size=4m "$disk"
    rm -rf out
    "$casefile" -C case capture "$beside/in" --resume >"$beside/said" 2>&1 || fail "with room: $(cat "$beside/said")"
    "$casefile" -C case export out >"$beside/said" 2>&1 || fail "with room: $(cat "$beside/said")"
    "$casefile" verify out >"$beside/said" 2>&1 || fail "the bundle does not hold: $(cat "$beside/said")"
    (cd out && sha256sum --check --quiet manifest-sha256.txt tagmanifest-sha256.txt) || fail 'sha256sum'
    cd /
    umount "$disk"
done
