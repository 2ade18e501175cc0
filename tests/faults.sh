#!/usr/bin/env bash
# Kills a real `casefile capture` at every system call by which it changes anything, and fails each of
# those calls once as a full or dying disk would. After each the case must open and verify, every item
# that was acknowledged must be there byte for byte, and capturing again must complete it.
#
#   tests/faults.sh             every step; STRIDE=7: every seventh, for a first look;
#                               FAIL_STRIDE=7: kill at every step, fail every seventh
#
# Uses strace to stop at the calls, and sha256sum to look at what was kept. A kill leaves what the kernel
# had been given; what a power cut would undo is looked at in the trace: see `order`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

casefile=${CASEFILE:-$PWD/target/debug/casefile}
stride=${STRIDE:-1}
fail_stride=${FAIL_STRIDE:-$stride}
items=50
# Leaves that the case has before: the items then cross the end of a full tile of 256.
before=229

# Calls that change the disk, or say to the world that it was changed.
calls=(openat write pwrite64 copy_file_range ftruncate fchmod fchmodat chmod fsync fdatasync syncfs
    rename renameat renameat2 link linkat unlink unlinkat mkdir mkdirat)
# Calls that a full (ENOSPC) or dying (EIO) disk fails.
full_disk=(write openat mkdir mkdirat renameat2 rename)
dying_disk=(fsync fdatasync syncfs write)

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

runs=0
missed=0
faults=0

fault() { # what is wrong, after what
    printf 'FAULT: %s (%s)\n' "$1" "$2" >&2
    faults=$((faults + 1))
}

make_files() { # FOLDER COUNT
    local n
    mkdir "$place/$1"
    for ((n = 0; n < $2; n++)); do
        printf 'report %d of %s: about %d people\n' "$n" "$1" $((n * 7)) >"$place/$1/$n.txt"
    done
}

prepare() {
    [[ -n ${CASEFILE:-} ]] || cargo build --quiet --package casefile
    make_files earlier "$before"
    make_files new "$items"
    "$casefile" init "$place/base" --unprotected --name faults >"$place/out"
    "$casefile" -C "$place/base" capture "$place/earlier" >"$place/out"
    (cd "$place/new" && sha256sum ./*.txt) | cut -c1-64 | sort >"$place/new.sums"
    (cd "$place/earlier" && sha256sum ./*.txt) | cut -c1-64 | sort >"$place/earlier.sums"
}

fresh() {
    rm -rf "$place/case"
    cp -a "$place/base" "$place/case"
}

# The digests of the objects in the case whose bytes have their digest: looked at without casefile.
kept() {
    find "$place/case/objects" -path '*/incoming' -prune -o -type f -print0 |
        xargs -0 sha256sum | sed -n 's|^\([0-9a-f]\{64\}\)  .*/\(..\)/\([0-9a-f]\{62\}\)$|\1 \2\3|p' |
        awk '$1 == $2 { print $1 }' | sort
}

# The digests of the items that have a capture record.
recorded() {
    "$casefile" -C "$place/case" log --json |
        grep -o '"type":"capture"\|"sha256":"[0-9a-f]*"' | sed -n 's/.*"\([0-9a-f]\{64\}\)"/\1/p' | sort -u
}

lacks() { # FILE FILE: lines of the first that the second has not
    comm -23 "$1" "$2"
}

# The case after something went wrong: what stood before stands, what was acknowledged is there.
examine() { # what was done
    local verdict=0
    "$casefile" -C "$place/case" verify >"$place/verify" 2>&1 || verdict=$?
    if ((verdict != 0)); then
        fault "verify ends with $verdict: $(head -c 300 "$place/verify")" "$1"
        return
    fi
    if ! kept >"$place/kept" || ! recorded >"$place/recorded"; then
        fault 'the case cannot be read' "$1"
        return
    fi
    sort -u "$place/acknowledged" "$place/earlier.sums" >"$place/owed"
    [[ -z $(lacks "$place/owed" "$place/kept") ]] || fault 'an acknowledged item is lost' "$1"
    [[ -z $(lacks "$place/owed" "$place/recorded") ]] || fault 'an acknowledged record is lost' "$1"
}

# What the run said it had taken in: every digest on its standard output.
acknowledged() {
    { grep -o '[0-9a-f]\{64\}' "$place/said" || true; } | sort -u |
        comm -12 - "$place/new.sums" >"$place/acknowledged"
}

complete() { # what was done
    if ! "$casefile" -C "$place/case" capture "$place/new" >"$place/out" 2>&1; then
        fault "capturing again fails: $(tail -n 3 "$place/out")" "$1"
        return
    fi
    cp "$place/new.sums" "$place/acknowledged"
    examine "$1, then captured again"
}

# One capture with an injected fault; `status` is how it ended.
injected() { # CALL WHAT NUMBER
    fresh
    status=0
    # The shell inside says "Killed" for every kill: to nobody.
    (
        exec 2>/dev/null
        strace -f -qq -o "$place/trace" -e "trace=$1" -e "inject=$1:$2:when=$3" \
            "$casefile" -C "$place/case" capture --json "$place/new" \
            >"$place/said" 2>"$place/errors" || exit
    ) || status=$?
    runs=$((runs + 1))
    acknowledged
}

count() { # CALL: how often a clean run makes it
    grep -c "^[0-9]* *$1(" "$place/clean" || true
}

kill_everywhere() {
    local call number killed=0
    for call in "${calls[@]}"; do
        for ((number = 1; number <= $(count "$call"); number += stride)); do
            injected "$call" signal=KILL "$number"
            # Calls are counted for each thread, so the last numbers may not be reached.
            ((status != 0)) || { missed=$((missed + 1)) && continue; }
            killed=$((killed + 1))
            examine "killed at $call $number"
            complete "killed at $call $number"
        done
    done
    printf 'killed at %d steps\n' "$killed"
}

fail_everywhere() { # ERROR CALL...
    local error=$1 call number failed=0
    shift
    for call in "$@"; do
        for ((number = 1; number <= $(count "$call"); number += fail_stride)); do
            injected "$call" "error=$error" "$number"
            failed=$((failed + 1))
            # The loader, which runs before the program does, ends with 127 by itself.
            if ((status > 125)) && ! grep -q 'shared librar' "$place/errors"; then
                fault "ends with $status" "$call $number fails with $error"
            fi
            # A file that could not be opened is a problem of the outcome, on standard output.
            if ((status != 0)) && [[ ! -s $place/errors ]] && ! grep -q '"code":' "$place/said"; then
                fault 'fails without a word' "$call $number fails with $error"
            fi
            examine "$call $number fails with $error"
        done
    done
    printf '%s: failed %d calls\n' "$error" "$failed"
}

# What a power cut would undo must not have been acknowledged: in the trace of a clean run, a sync
# follows the last write of every file before the checkpoint gets its name, a sync of the checkpoint's
# folder follows that, and only then does a digest go to standard output.
order() {
    awk '
        /(write|pwrite64)\([0-9]+<[^>]*\/case\// {
            match($0, /<[^>]*>/); dirty[substr($0, RSTART + 1, RLENGTH - 2)] = NR
        }
        /(fsync|fdatasync)\(/ { match($0, /<[^>]*>/); delete dirty[substr($0, RSTART + 1, RLENGTH - 2)]
                                synced = substr($0, RSTART + 1, RLENGTH - 2)
                                if (synced ~ /\/case\/log$/ && named) durable = 1 }
        /syncfs\(/ { for (path in dirty) delete dirty[path]; if (named) durable = 1 }
        /rename[a-z0-9]*\(.*log\/checkpoint"/ {
            for (path in dirty) if (path !~ /\/lock$/) { print "not durable before the checkpoint: " path; bad = 1 }
            named = 1
        }
        /write\(1</ { if (/[0-9a-f]{64}/ && !durable) { print "acknowledged too early: line " NR; bad = 1 } }
        END { if (!named) { print "no checkpoint was written"; bad = 1 } exit bad }
    ' "$place/clean" || fault 'write order' 'a clean run'
}

prepare
fresh
set_of_calls=$(IFS=, && echo "${calls[*]}")
strace -f -y -qq -s 4096 -o "$place/clean" -e "trace=$set_of_calls" \
    "$casefile" -C "$place/case" capture --json "$place/new" >"$place/said"
acknowledged
cmp -s "$place/acknowledged" "$place/new.sums" || fault 'not every item is acknowledged' 'a clean run'
examine 'a clean run'
order
kill_everywhere
fail_everywhere ENOSPC "${full_disk[@]}"
fail_everywhere EIO "${dying_disk[@]}"

printf '%d runs of a capture of %d items, %d not reached, %d faults\n' "$runs" "$items" "$missed" "$faults"
exit $((faults > 0))
