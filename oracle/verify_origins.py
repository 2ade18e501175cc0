"""What came along of other archives' logs: for each bundle that was received, an excerpt. verify.py uses this file.

Written from docs/format/transfer.md, whose steps it names.
"""
import json
from hashlib import sha256

import verify_leaf as leaf, verify_log as log
from verify_bag import files, find, read, step
from verify_leaf import canonical, spell
from verify_log import demand

DEPTH_LIMIT = 8  # archives that an item came through
EXCERPT = """log/vkey log/checkpoint log/leaves/00000000.leaf log/proofs/00000000.tlog-proof
    export.leaf export.tlog-proof export.consistency""".split()
ITEM = "item name file_modified source address obtained note withheld sealed".split()  # what a capture takes over

def record(path, roster, origin):  # bundle.md, step 5: a leaf's record, if its form and signature hold
    line, end, signature = read(path, 65_535).partition(b"\n")
    value = canonical(line, leaf.RECORD)
    demand(value["log"] == origin, "of another log")
    leaf.sshsig(signature, b"casefile-leaf@v1", line + end, roster.line_of(value["actor"]))
    return value

def first_key(roster, path):  # the actor's key, which leaf 0 names
    first = json.loads(read(path).partition(b"\n")[0])
    roster.enrol(0, dict(name=first["actor_name"], kind="person", key=first["actor_key"]), [])

def origins(proved, vkey, trust):
    """Those that the bundle's records ask for, and that these ask for in turn; gives the files that belong to them."""
    known, used, keys = {}, set(), {}
    told(known, vkey, proved)
    waiting = due("", proved)
    for at, received, captures in waiting:  # which grows
        with step("origin", at):
            demand(at.count("origins/") <= DEPTH_LIMIT, "items came through more archives than any")
            used.update(at + name for name in EXCERPT)
            there, key, ways = excerpt(at, received, used)
            keys[key] = ways
            fits(there, captures)
            told(known, key, there)
            waiting += due(at, there)
    for path in sorted(path for path in files if path.startswith("origins/") and path not in used):
        find("origin", path, "no record asks for it")
        used.add(path)
    for key in sorted(key for key, ways in keys.items() if ways.isdisjoint(trust)):
        find("origin-unchecked", "origins/ by " + key, "items came from there; ask them for their key", "notice")
    return used

def due(at, records):  # step 1
    received, captures = {}, {}
    for index, one in sorted(records.items()):
        with step("origin", at + "log/leaves/%08d.leaf" % index):
            if one["type"] == "received":
                demand(received.setdefault(one["tagmanifest"], (index, one)) == (index, one), "received twice")
            if "received" in one:
                bundle = one["received"]["tagmanifest"]
                demand(bundle in received, "it came with a bundle that no record before it received")
                captures.setdefault(bundle, []).append(one)
    for bundle, (index, _) in received.items():
        with step("origin", at + "log/leaves/%08d.leaf" % index):
            demand(bundle in captures, "a bundle was received, and nothing that is here came with it")
    return [(at + "origins/%08d/" % index, one, captures.get(bundle, [])) for bundle, (index, one) in received.items()]

def excerpt(at, received, used):  # steps 2 and 3: its records, and the log's key
    origin, keys, ways = log.keys_of(read(at + "log/vkey").decode())
    vkey, checkpoint, roster, there = keys[0], read(at + "log/checkpoint"), leaf.Roster(), {}
    size, root = log.checkpoint(checkpoint, keys)
    short = log.short(checkpoint, keys)
    first_key(roster, at + "log/leaves/00000000.leaf")
    start = at + "log/leaves/"
    for path in sorted((path for path in files if path.startswith(start)), key=lambda path: (len(path), path)):
        index, value = int(path[len(start):-5]), record(path, roster, origin)
        proof = at + "log/proofs/%08d.tlog-proof" % index
        demand(path == start + "%08d.leaf" % index, "its name is no record's")
        demand(log.inclusion(read(proof), read(path), keys[:1]) == (index, short), "of another record or state")
        roster.admit(index, value, read(path))
        demand((value["type"] == "genesis") == (index == 0), "a log is opened once")
        there[index] = value
        used.update([path, proof])
    demand(log.named_keys(there[0]) == keys, "another log's key")
    index, later = log.inclusion(read(at + "export.tlog-proof"), read(at + "export.leaf"), keys)
    export = record(at + "export.leaf", roster, origin)
    roster.admit(index, export, b"")
    log.consistency(read(at + "export.consistency"), size, root, later, keys)
    about = sha256(spell(roster.about)).hexdigest() if roster.about else None
    with step("export", at + "export.leaf"):
        same = export["type"] == "export" and (export["tree_size"], export.get("actors")) == (size, about)
        demand(same and (index == size if about else index >= size), "of another state, or one about actors is left out")
        roster.discloses(export)
    later_size, later_root = log.checkpoint(later, keys)
    said = dict(origin=origin, log_key=vkey, export=index, tree_size=later_size, root=later_root.hex(),
                **{field: export[field] for field in ("tagmanifest", "items", "list")})
    demand(said == {field: received[field] for field in said}, "not the export that the record of its receipt names")
    return there, vkey, ways

def fits(there, captures):  # step 4
    for capture in captures:
        first = there[capture["received"]["leaf"]]
        same = [first.get(field) == capture.get(field) for field in ITEM]
        demand(first["type"] == "capture" and capture["method"] == "bundle" and all(same), "other words of an item there")
    items = {capture["item"]["sha256"] for capture in captures}
    for one in there.values():
        item = one.get("item")
        mine = (item["sha256"] if type(item) is dict else item) in items
        known = one["type"] in ("genesis", "received", "erasure", *leaf.ABOUT_ACTORS)
        demand(known or one["type"] in ("capture", "reading") and mine, "a record about nothing that is here")

def told(known, key, records):  # step 5
    for index, one in records.items():
        demand(known.setdefault((key, index), one) == one, "the log %a is told in two ways" % key)
