#!/usr/bin/env bash
# How fast casefile is beside the public tools that do part of its work, in one run on one disk.
#
#   benches/speed.sh            five rounds; ROUNDS=1 for a first look, SCALE=10 for a tenth of the data,
#                               PLACE=DIR for another disk, CASEFILE=PROGRAM for another build
#
# Each comparison runs both sides in every round, in turn first and second, so that a disk that slows
# down or a machine that is busy meets both. What counts is the median of the rounds' ratios. Data is
# made from nothing by a cipher with a fixed key: the same bytes everywhere, and nothing compresses.
# Both sides read from the page cache; what others left to be written is written before the clock starts.
# Needs restic, GNU time and bagit-python (`./test` makes target/venv); installs the first two on Debian.
# Ends with 0 where every bar is kept, else with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${ROUNDS:-5}
scale=${SCALE:-1}
place=${PLACE:-target/speed}
casefile=${CASEFILE:-$PWD/target/release/casefile}
bagit=$PWD/target/venv/bin/bagit.py

# Bars, as time of ours over time of theirs.
bar_large=1.25   # cp, digest and sync
bar_restic=1.00  # no slower
bar_bagit=0.50   # twice as fast
bar_verify=1.111 # nine tenths of the speed of one core of OpenSSL: 1 / 0.9
bar_memory_mb=200

large_files=4
large_file_bytes=$((500 * 1000 * 1000 / scale))
small_folders=20
small_files=$((1000 / scale)) # in each folder
small_file_bytes=4096

table=()
broken=0
cases=0
copies=0
case=''

tools() {
    local missing=()
    command -v restic >/dev/null || missing+=(restic)
    [[ -x /usr/bin/time ]] || missing+=(time)
    if ((${#missing[@]})); then
        local root=()
        [[ $(id -u) == 0 ]] || root=(sudo)
        "${root[@]}" apt-get update -qq
        "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
    if [[ ! -x $bagit ]]; then
        python3 -m venv target/venv
        target/venv/bin/pip install --quiet bagit==1.9.0
    fi
    [[ -n ${CASEFILE:-} ]] || cargo build --release --locked
}

noise() { # BYTES NUMBER: the same bytes for the same number, on every machine
    local iv
    iv=$(printf '%016x%016x' "$2" 0)
    # `head` closes the pipe first, which is no fault of the cipher's.
    (openssl enc -aes-256-ctr -K "$(printf '%064x' 1)" -iv "$iv" -in /dev/zero 2>/dev/null || true) |
        head -c "$1"
}

small_data() {
    rm -rf "$place"
    mkdir -p "$place/small"
    place=$(cd "$place" && pwd)
    local n folder
    for ((n = 0; n < small_folders; n++)); do
        folder=$(printf '%s/small/%02d' "$place" "$n")
        mkdir "$folder"
        noise $((small_files * small_file_bytes)) "$n" |
            split -b "$small_file_bytes" -a 4 -d --additional-suffix=.bin - "$folder/"
    done
}

large_data() {
    mkdir "$place/large"
    local n
    for ((n = 0; n < large_files; n++)); do
        noise "$large_file_bytes" $((1000 + n)) >"$place/large/$n.bin"
    done
}

# Runs a command; its wall time in seconds goes to `took`, its peak memory in MB to `peak`.
clock() {
    local start end
    sync
    start=$EPOCHREALTIME
    /usr/bin/time -f %M -o "$place/peak" "$@" >"$place/out" 2>&1 || {
        printf 'failed: %s\n' "$*" >&2
        tail -20 "$place/out" >&2
        exit 1
    }
    end=$EPOCHREALTIME
    took=$(awk -v a="$start" -v b="$end" 'BEGIN { printf "%.3f", b - a }')
    peak=$(awk 'END { printf "%d", $1 / 1000 }' "$place/peak")
}

median() { sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# One comparison. `ours_NAME` and `theirs_NAME` are functions that prepare and then call `clock`.
compare() { # NAME BAR WHAT
    local name=$1 bar=$2 what=$3 round side ours theirs peaks=0
    local ratios=() all_ours=() all_theirs=()
    for ((round = 0; round < rounds; round++)); do
        local order=(ours theirs)
        ((round % 2 == 0)) || order=(theirs ours)
        for side in "${order[@]}"; do
            "${side}_$name"
            if [[ $side == ours ]]; then
                ours=$took
                peaks=$((peak > peaks ? peak : peaks))
            else
                theirs=$took
            fi
        done
        printf '%s, round %d: ours %s s, theirs %s s\n' "$name" $((round + 1)) "$ours" "$theirs" >&2
        all_ours+=("$ours")
        all_theirs+=("$theirs")
        ratios+=("$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.3f", a / b }')")
    done
    local ratio low high kept=yes
    ratio=$(printf '%s\n' "${ratios[@]}" | median)
    low=$(printf '%s\n' "${ratios[@]}" | sort -g | head -n 1)
    high=$(printf '%s\n' "${ratios[@]}" | sort -g | tail -n 1)
    if awk -v r="$ratio" -v b="$bar" -v m="$peaks" -v l="$bar_memory_mb" \
        'BEGIN { exit !(r > b || m >= l) }'; then
        kept=no
        broken=1
    fi
    table+=("| $what | $(printf '%s\n' "${all_ours[@]}" | median) | $(printf '%s\n' "${all_theirs[@]}" |
        median) | $ratio ($low to $high) | ≤ $bar | $peaks | $kept |")
}

# A new folder each time. Nothing that holds many files is removed before the end: ext4 looks at every
# inode that was freed a short while ago before it gives out a new one, so that whoever makes files
# after a removal would pay for it.
fresh_case() {
    cases=$((cases + 1))
    case=$place/case-$cases
    "$casefile" init "$case" --unprotected --name speed >/dev/null
}

ours_large() {
    [[ -z $case ]] || rm -rf "$case"
    fresh_case
    clock "$casefile" -C "$case" capture "$place/large"
}

theirs_large() {
    rm -rf "$place/copy"
    clock bash -c 'cp -r "$1" "$2" && openssl dgst -sha256 "$1"/* && sync' - "$place/large" "$place/copy"
    rm -rf "$place/copy"
}

ours_restic() {
    fresh_case
    clock "$casefile" -C "$case" capture "$place/small"
}

theirs_restic() {
    copies=$((copies + 1))
    export RESTIC_PASSWORD=speed
    export RESTIC_REPOSITORY=$place/restic-$copies RESTIC_CACHE_DIR=$place/restic-cache-$copies
    restic init --quiet
    clock restic backup --quiet "$place/small"
}

ours_bagit() { ours_restic; }

# It bags in place, so the copy is made before the clock starts; and it syncs nothing, which is its gain.
theirs_bagit() {
    copies=$((copies + 1))
    cp -r "$place/small" "$place/bag-$copies"
    clock "$bagit" --quiet "$place/bag-$copies"
}

ours_verify() { clock taskset -c 0 "$casefile" -C "$case" verify; }

theirs_verify() {
    clock taskset -c 0 find "$case/objects" -type f -exec openssl dgst -sha256 {} +
}

# Large files last: a shared disk that has just taken in many gigabytes stays slow for whoever flushes
# next, and here that is us only.
tools
small_data
compare restic "$bar_restic" "capture $((small_folders * small_files)) files of 4 kB; restic backup"
compare bagit "$bar_bagit" "the same files; bagit.py"
large_data
compare large "$bar_large" "capture $large_files files of $large_file_bytes bytes; cp, openssl dgst, sync"
ours_large
compare verify "$bar_verify" "verify the case of large files, one core; openssl dgst -sha256"

printf '\n%s, %d cores, %s, %d rounds\n\n' \
    "$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)" "$(nproc)" \
    "$(df --output=fstype "$place" | tail -n 1)" "$rounds"
printf '| ours; theirs | ours, s | theirs, s | ours ÷ theirs, median (range) | bar | our peak memory, MB | kept |\n'
printf '|---|---|---|---|---|---|---|\n'
printf '%s\n' "${table[@]}"
rm -rf "$place"
exit "$broken"
