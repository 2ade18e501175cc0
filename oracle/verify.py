#!/usr/bin/env python3
"""Checks a casefile bundle with Python's standard library and the openssl command, nothing else.

    python3 verify.py FOLDER [--trust KEY]... [--policy FILE]

KEY is the key of the log as its maker told you (with a second key, its digest after a comma), or that of an archive
that items came from; FILE a policy of your own (C2SP tlog-policy): the logs and cosigners that you know. Exit status: 0 it holds; 1 it does not, or some proof is missing; 2 nothing can be said (wrong use, no
openssl from 3 on, a file that cannot be read). A finding: fault or notice, code (docs/format/findings.md), place, and
words.

Written from docs/format. This file goes through bundle.md and names its steps; beside it lie verify_bag.py (files and
manifests), verify_leaf.py (leaf.md: records, and who may sign them), verify_log.py (log.md and cosigner.md),
verify_origins.py (transfer.md) and verify_mldsa.py (FIPS 204). It follows no link, opens nothing outside FOLDER but
FILE, uses no network. COPIES OF THESE SIX FILES IN A BUNDLE ARE FORGED AS EASILY AS THE BUNDLE: get them elsewhere.
"""
import argparse, contextlib, os, re, sys, tempfile
from hashlib import sha256

sys.dont_write_bytecode = True  # Python's cache would be a folder that no bundle has
import verify_bag as bag, verify_leaf as leaf, verify_log as log, verify_origins as others
from verify_bag import LIST_LIMIT_BYTES, SEALS, digests, files, find, found, listed, manifests, read, step, walk
from verify_leaf import canonical, form, spell
from verify_log import demand

proved, items = {}, {}  # records by index; items by number
used, disclosed = set(bag.REQUIRED), set()  # what belongs to something; fields of openings
roster = leaf.Roster()
bundle = argparse.Namespace(vkey=None, keys=(), told=set(), origin=None, trust=None, policy=None, cosigned={})  # sizes by path


# The log's key and its records

def keys():  # step 3, and the actor's key, which leaf 0 names
    with step("form", "log/vkey"):
        bundle.origin, bundle.keys, bundle.told = log.keys_of(read("log/vkey").decode())
        bundle.vkey = bundle.keys[0]
    with step("policy", "log/policy"):  # a longer one would name cosigners
        demand(read("log/policy").decode() == "log %s\nquorum none\n" % bundle.vkey, "not the two lines")
    if not bundle.trust and bundle.policy is None:
        find("key-unchecked", "log/vkey", "compare it with what the maker told you", "notice")
    elif bundle.trust and bundle.told.isdisjoint(bundle.trust) or (
            bundle.policy and bundle.vkey not in bundle.policy.logs):
        find("key-untrusted", "log/vkey", "another key than you were told")
    with step("leaf", "log/leaves/00000000.leaf"):
        others.first_key(roster, "log/leaves/00000000.leaf")

def records():  # steps 4 and 5
    with step("proof", "log/checkpoint"):
        bundle.checkpoint = read("log/checkpoint")
        bundle.size, bundle.root = log.checkpoint(bundle.checkpoint, bundle.keys)
        short = log.short(bundle.checkpoint, bundle.keys)
    for path in sorted((path for path in files if path[:11] == "log/leaves/"), key=lambda path: (len(path), path)):
        with step("leaf", path):
            value, index = others.record(path, roster, bundle.origin), int(path[11:-5])
            at = "log/proofs/%s.tlog-proof" % path[11:-5]
            here = (value["type"] == "genesis") == (index == 0) and value["type"] not in ("export", "acknowledged")
            demand(here and (index or log.named_keys(value) == bundle.keys), "not here")
            with step("proof", at):
                held = log.inclusion(read(at), read(path), bundle.keys[:1])
                demand(held == (index, short), "of another record or state")
                with step("leaf", path):
                    roster.admit(index, value, read(path))
                    proved[index] = value

def typed(*kinds):
    return [{at: one for at, one in sorted(proved.items()) if one["type"] == kind} for kind in kinds]

def leaves(indexes):  # the files of records
    return {name % at for at in indexes for name in ("log/leaves/%08d.leaf", "log/proofs/%08d.tlog-proof")}

@step("opening", "openings.jsonl")
def openings():  # step 9
    used.update(["openings.jsonl", "log/evidence/certificates.pem", "log/evidence/revocations.pem"])
    for line in listed("openings.jsonl") if "openings.jsonl" in files else []:
        one = canonical(line, form("field:s leaf:i salt:h value:s"))
        text = "\n".join(("casefile commitment v1", one["field"], one["salt"], one["value"]))
        made = proved[one["leaf"]]["withheld"][one["field"]] == sha256(text.encode()).hexdigest()
        demand(made and "\n" not in one["field"], "not opened")
        disclosed.add(one["field"])
        used.add((one["leaf"], one["field"]))
    demand(disclosed or "openings.jsonl" not in files, "it is there, and opens nothing")


# Parties outside

@step("timestamp", "log/timestamps")
def stamps():  # step 10, by openssl: without revocation lists, and under the certificates given with each
    asked, given = typed("timestamp_request", "timestamp")
    demand({*asked} == {one["request"] for one in given.values()}, "a request or a reply is missing")
    for index, one in {**asked, **given}.items():
        name, place = "log/timestamps/%08d." % index, os.path.join(bag.folder, "log/timestamps/%08d.%s")
        named = {name + field: one[field] for field in one if type(one[field]) is dict}
        used.update(leaves([index]), named, [name + "consistency"] * (index in asked))
        demand(named == {path: files[path] for path in named}, "not the files on record")
        if one.get("about") == "checkpoint":
            size, root = log.checkpoint(read(name + "stamped"), bundle.keys)
            demand((size, root.hex()) == (one["tree_size"], one["root"]), "another state of the log")
            log.consistency(read(name + "consistency"), size, root, bundle.checkpoint, bundle.keys)
        for option, field in (("-queryfile", "request"), ("-data", "stamped")) if index in given else ():
            by = "-in", place % (index, "reply"), "-CAfile", place % (index, "certificates"), "-no_check_time"
            demand(log.openssl("ts", "-verify", *by, option, place % (one["request"], field)), "record %d" % index)
    for place in sorted({os.path.dirname(path) for path in files} & {"log/timestamps", "log/evidence"}):
        find("timestamp-unchecked", place, "not under roots that you trust, and evidence records not at all", "notice")

@step("cosigned", "log/cosigned")
def cosigned():  # step 12; whom the bundle itself names proves nothing
    kept, named = typed("cosigned", "cosigner")
    keys = {one["key"]: index for index, one in reversed(named.items())}  # the first record that names each
    used.update(leaves([*kept, *named]), ["log/cosigned/policy"] * bool(kept))
    for index, one in kept.items():
        at, proof = ["log/cosigned/%08d.%s" % (index, end) for end in ("checkpoint", "consistency")]
        by, counted = {by["key"] for by in one["by"]}, sorted((by["key"], by["time"]) for by in one["by"])
        used.update([at, proof])
        with step("cosigned", at):
            size, root = log.checkpoint(read(at), bundle.keys, True)
            demand((files[at], size) == (one["checkpoint"], one["size"]), "not the one on record")
        with step("cosigned-fork", proof):
            log.consistency(read(proof), size, root, bundle.checkpoint, bundle.keys)
            bundle.cosigned[at] = size
        with step("cosignature-stranger", at):
            demand(all(keys.get(key, index) < index for key in by), "by a key that no record before it names")
        with step("cosignature", at):
            held = [(key, when) for key in by for when in log.cosignatures(key, read(at))]
            demand(by and sorted(held) == counted, "not what its record counts")
            for key, when in held:
                words = "%s, whose key it is, ask them" % when
                find("cosigned-unchecked", at + " by " + key.split("+")[0], words, "notice")
    with step("policy", "log/cosigned/policy"):
        names = ["cosigner-%d" % index for index in sorted(keys.values())]
        text = "log %s\n" % bundle.vkey
        text += "".join("witness %s %s\n" % (at, named[int(at[9:])]["key"]) for at in names)
        text += ("group cosigners any %s\nquorum cosigners\n" if names[1:] else "quorum %s\n") % " ".join(names)
        demand(not kept or read("log/cosigned/policy", 1 << 18).decode() == text, "not what follows from the records")
    demand({by["key"] for one in kept.values() for by in one["by"]} >= {*keys}, "one is named who signed nothing")

@step("quorum", "log/cosigned/policy")
def quorum():  # step 13: the verifier's own policy
    policy, saw = bundle.policy, {}
    if policy is None or policy.quorum == ["none"]:
        return
    for key in policy.cosigners.values():
        for at, size in bundle.cosigned.items():
            with contextlib.suppress(Exception):
                if [*log.cosignatures(key, read(at))]:
                    saw[key] = max(size, saw.get(key, 0))
    enough = [size for size in saw.values() if policy.is_met_by({key for key in saw if saw[key] >= size})]
    demand(enough, "the cosigners that the policy asks for have not signed")
    after = [at for at, one in sorted(proved.items()) if one["type"] in ("capture", "reading") and at >= max(enough)]
    for at in after[:1]:
        find("quorum-short", "log/leaves/%08d.leaf" % at, "it came after what enough of the policy's cosigners saw")

@step("origin", "origins")
def origins():  # step 14
    used.update(leaves(typed("received")[0]), others.origins(proved, bundle.vkey, bundle.trust))


# Exhibits

@step("exhibit", "exhibits.jsonl")
def exhibits():  # step 8; a line follows from its number, name, leaves and the files
    fields = form("item:d leaves:j name:s number:i path:s reading:S")
    for at, line in enumerate(listed("exhibits.jsonl"), 1):
        with step("exhibit", "exhibits.jsonl, line %d" % at):
            exhibit(canonical(line, fields))
    for path in sorted(set(files) - used - leaves(roster.about)):
        find("exhibit", path, "it belongs to no exhibit")

def exhibit(one):
    number, item, about = one["number"], one["item"], one["leaves"]
    path = "data/items/%06d-%s" % (number, re.sub("[^A-Za-z0-9._-]", "_", one["name"].split("/")[-1][-60:]))
    reading = "data/readings/%06d.json" % number if one["reading"] is not None else None
    mine, rises = {*leaves(about), path, item["sha256"]}, number > next(reversed(items), 0)
    demand(rises and used.isdisjoint(mine) and len({*about}) == len(about), "listed twice, or a number does not rise")
    used.update(mine, [reading, "log/evidence/%06d.ers" % number])
    items[number] = item["sha256"]
    demand((one["path"], one["reading"], item) == (path, reading, files[path]), "its files have other names or digests")
    records = [proved[index] for index in about]
    mine = [one for one in records if one["item"] in (item, item["sha256"]) or one["type"] == "erasure"]
    captures, readings, erasures = ([one for one in mine if field in one] for field in ("name", "reading", "reason"))
    named = one["name"] in [capture["name"]["text"] for capture in captures]
    demand(named and mine == records, "a record is about something else, or about no coming in under this name")
    sealed_exhibit(path, item, about, [capture for capture in captures if "sealed" in capture], erasures)
    demand([made["reading"] for made in readings] == [files[path] for path in [reading] if path], "not what was read")
    if reading:
        with step("reading", reading):
            spans(canonical(read(reading, LIST_LIMIT_BYTES), "(?s).*"), path, item)

def sealed_exhibit(path, item, about, captures, erasures):  # step 9
    others = {at for at in typed("erasure")[0] if at not in about and proved[at]["item"] == item["sha256"]}
    with step("sealed", path):
        demand(all({"key", "plain"} <= {*one["withheld"]} for one in captures), "for no key")
    with step("erasure-alone", path):
        demand(roster.erasures >= {at for at in about if "reason" in proved[at]}, "erased by the word of one person")
    with step("erasure", path):
        demand(not roster.erasures & others, "erased, and the record of it is not listed")
        seals = [(item["sha256"], capture["sealed"]["key_file"]) for capture in captures]
        demand(all((one["item"], one["key_file"]) in seals for one in erasures), "erased, and not sealed so")
        demand(not erasures or used.isdisjoint((index, "key") for index in about), "erased, and its key goes along")
    if others - roster.erasures:
        find("erasure-pending", path, "one person asked for its erasure, which two must sign: no effect", "notice")
    if captures:
        find("erased" if erasures else "sealed-unopened", path, "sealed, and not opened here", "notice")

def spans(reading, path, item):  # where an item is its own text, a figure's words stand where it says
    demand((reading["item"], reading["item_size"]) == (item["sha256"], item["size"]), "not its item")
    with open(os.path.join(bag.folder, path), "rb") as file:
        for figure in reading["figures"] if reading["text"] is None else []:
            words, place = figure["text"].encode(), file.seek(max(figure["start"], 0))
            there = file.read(len(words)), place, file.tell()
            demand(there == (words, figure["start"], figure["end"]), "a figure's words are elsewhere")


# The export

@step("leaf", SEALS[2])
def export():  # steps 6 and 7; what the record of the export must say follows from the bundle
    value = others.record(SEALS[2], roster, bundle.origin)
    with step("signature", SEALS[1]):
        signer = roster.line_of(value["actor"])
        leaf.sshsig(read(SEALS[1]), b"casefile-bundle@v1", read(SEALS[0], LIST_LIMIT_BYTES), signer)
    with step("form", "log/allowed_signers"):
        line = 'actor namespaces="casefile-leaf@v1,casefile-bundle@v1" %s\n'
        made = [line % roster.line_of(one["actor"]) for one in [*proved.values(), value]]
        text = read("log/allowed_signers", LIST_LIMIT_BYTES).decode()
        demand(text == "".join(dict.fromkeys(made)), "it names other keys")
    with step("proof", SEALS[3]):
        index, checkpoint = log.inclusion(read(SEALS[3]), read(SEALS[2]), bundle.keys)
        next_to_it = index == bundle.size if roster.about else index >= bundle.size
        demand(next_to_it, "it is before log/checkpoint, or not next to it")
        with step("leaf", SEALS[2]):
            roster.admit(index, value, b"")
        with step("fork", SEALS[4]):
            log.consistency(read(SEALS[4]), bundle.size, bundle.root, checkpoint, bundle.keys)
    with step("export", SEALS[2]):
        made = dict(value, type="export", tagmanifest=files[SEALS[0]]["sha256"], signature=files[SEALS[1]]["sha256"],
                    items=len(items), list=digests([spell([*items.values()])]), tree_size=bundle.size,
                    disclosed=sorted(disclosed))
        about = sha256(spell(roster.about)).hexdigest() if roster.about else None
        demand(value == made and value.get("actors") == about, "not of this bundle, or one about actors is left out")
        roster.discloses(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--trust", metavar="KEY", action="append", default=[])
    parser.add_argument("--policy", metavar="FILE")
    asked = parser.parse_args()
    try:
        if log.openssl_version() < [3]:
            raise OSError("openssl is older than version 3")
        bag.folder, bundle.trust = asked.folder, asked.trust
        if asked.policy is not None:
            with open(asked.policy, "rb") as file:
                bundle.policy = log.Policy(file.read())
        with tempfile.TemporaryDirectory() as log.scratch:
            for check in walk, keys, records, openings, stamps, cosigned, quorum, origins, exhibits, export:
                check()
            manifests(bundle.origin, proved.get(0, {}).get("case"))
    except (OSError, AssertionError, ValueError) as wrong:
        return print("nothing can be said:", ascii(str(wrong)), file=sys.stderr) or 2
    faults = any(line.startswith("fault") for line in found.values())
    print(*found.values(), "DOES NOT HOLD" if faults else "HOLDS", sep="\n")
    print("%d records, %d exhibits; key of the log: %a" % (len(proved), len(items), bundle.vkey))
    return int(faults)


if __name__ == "__main__":
    sys.exit(main())
