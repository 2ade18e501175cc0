#!/usr/bin/env bash
# Every write path of casefile under kills, failing calls, power cuts and disks that lie, in numbers: what docs/reliability.md
# reports. About an hour of one core.
#
#   tests/soak.sh [EVERY]     every EVERY-th fault (4), every 16 EVERY-th power cut, every 64 EVERY-th of a lying disk
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

every=${1:-4}
cargo build --release --quiet --locked -p casefile -p casefile-faults
# Copies, since what is built may be built again meanwhile.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp target/release/casefile target/release/faults "$place"
faults=("$place/faults" --casefile "$place/casefile")
git describe --always --dirty 2>/dev/null || true
failed=0
"${faults[@]}" --every "$every" || failed=1
"${faults[@]}" --cuts --every $((16 * every)) || failed=1
"${faults[@]}" --lies --only capture --only recover --only seal --only erase --every $((64 * every)) || failed=1
exit "$failed"
