#!/usr/bin/env python3
"""Checks a casefile bundle with Python's standard library and the openssl command, nothing else.
    python3 verify.py FOLDER [--trust KEY]     KEY: the key of the log, as its maker told you
Exit status: 0 the bundle holds; 1 it does not, or some of its proof is missing; 2 nothing can be said (wrong
use, no openssl from version 3 on, a file that cannot be read). A finding is a line: fault or notice, code, place,
sentence. Written from docs/format (bundle.md, whose steps it names, leaf.md, log.md, cosigner.md). It follows no link, opens
nothing outside FOLDER, and uses no network. A COPY OF THIS FILE IN A BUNDLE IS FORGED AS EASILY AS THE BUNDLE: use
one that you got elsewhere.
"""
import argparse, base64, contextlib, functools, hashlib, json, os, re, stat, subprocess, sys, tempfile, time

SMALL = 128 << 10  # bytes: a note has at most 64 KiB, a leaf 65,535, a proof 64 hashes and a note
LIST = 128 << 20  # bytes of a manifest, list or reading; all else is read by the mebibyte
REQUIRED = """tagmanifest-sha256.txt tagmanifest-sha256.txt.sig export.leaf export.tlog-proof
    export.consistency README.txt bag-info.txt bagit.txt b2sums.txt exhibits.jsonl index.html
    log/allowed_signers log/checkpoint log/leaves/00000000.leaf log/proofs/00000000.tlog-proof
    log/policy log/vkey manifest-sha256.txt verify.py custody.html premis.xml case.jsonld ro-crate-metadata.json""".split()
SEALS, FOLDERS = REQUIRED[:5], "data data/items data/readings log log/cosigned log/evidence log/leaves log/proofs log/timestamps".split()
FIELDS = dict(line.split(" ", 1) for line in """genesis case:s actor_key:s actor_name:s log_key:s
capture sealed?:k item:d name:m method:s file_modified:n source:n address:n obtained:n note:n withheld:w
erasure item:h key_file:d openings:l reason:s
reading item:h reading:d reader:s figures:i problems:l
timestamp_request about:s stamped:d request:d tree_size:i root:h renews:o
timestamp request:i tree_size:i root:h reply:d certificates:d revocations:q authority:s gen_time:s accuracy_micros:o policy:s serial:s
cosigner key:s who?:s
cosigned by:c checkpoint:d size:i
enrolment key:s kind:p name:s
revocation from?:i key:s reason:s
two_person on:y
approval hash:h leaf:i
disclosure fields:l list:h
export tagmanifest:h signature:h items:i list:d tree_size:i disclosed:l actors?:h disclosure?:i""".splitlines())
ABOUT = "enrolment revocation two_person approval disclosure".split()  # types of records about actors
TEXT, HASH, DAY = r'"[^"\\]*(?:\\.[^"\\]*)*"', '"[0-9a-f]{64}"', "[0-9]{4}(?:-[0-9]{2}){2}"
# Kinds of JSON, as regular expressions: string, hash, whole number, time, and n, o and q, which may be null.
KINDS = {"s": TEXT, "n": "(?:null|%s)" % TEXT, "h": HASH, "b": '"[0-9a-f]{128}"', "t": '"%sT[0-9]{2}(?::[0-9]{2}){2}Z"' % DAY, "1": "1",
         "i": "(?:0|[1-9][0-9]{0,15})", "o": "(?:null|[0-9]{1,16})", "y": "(?:true|false)", "p": '"(?:person|machine)"', **{kind: '"%s"' % kind for kind in FIELDS}}
def form(fields):  # of an object with these fields, NAME:KIND or NAME?:KIND, in canonical order, the first a must
    pairs = sorted(field.split(":") for field in fields.split())
    parts = [',"%s":%s' % (name.rstrip("?"), KINDS[kind]) for name, kind in pairs]
    return r"\{%s\}" % "".join("(?:%s)?" % part if "?" in pair[0] else part for pair, part in zip(pairs, parts))[1:]
def many(one): return "(?:%s(?:,%s)*)?" % (one, one)
KINDS.update(k=r'\{"key_file":%s\}' % form("sha256:h blake2b512:b size:i"), c=r"\[%s\]" % many(form("key:s time:s")), d=form("sha256:h blake2b512:b size:i"), m=form("bytes:n text:s"), l=r"\[%s\]" % many(TEXT),
             w=r"\{%s\}" % many(TEXT + ":" + HASH), j=r"\[%s\]" % many(KINDS["i"]), q="(?:null|%s)" % form("sha256:h blake2b512:b size:i"))
RECORD = "|".join(form("actor:s log:s time:t tool:s v:1 type:%s %s" % one) for one in FIELDS.items())
# What is known: digests by path, records by index, items by number, what was used, findings, keys.
files, proved, items, found, disclosed, used = {}, {}, {}, {}, set(), set(REQUIRED)
log = argparse.Namespace(vkey=None, origin=None, size=None, keys={}, about=[], pending={}, allowed={}, rule=False, mldsa=False)

def demand(holds, sentence):
    if not holds: raise AssertionError(sentence)
def find(code, place, sentence, kind="fault"):
    found[code, place] = "%-6s  %s  " % (kind, code) + ascii("%s: %s" % (place, sentence))[1:-1]
@contextlib.contextmanager
def step(code, place):  # What goes wrong inside is a finding: hostile bytes neither end nor pass it.
    try: yield
    except OSError: raise  # the machine's problem: nothing can be said
    except Exception as wrong:
        find(code, place, str(wrong) if type(wrong) is AssertionError else repr(wrong)[:200])
def unbase64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 that is not in its one form")
    return data
def ssh(*parts): return b"".join(len(part).to_bytes(4, "big") + part for part in parts)  # RFC 4251, 5
def canonical(data, form):  # RFC 8785
    value = json.loads(data.decode()) if re.fullmatch(form, data.decode()) else None
    made = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    demand(made == data != b"null", "JSON of another form, or not in its one spelling")
    return value
def walk(at=""):  # step 1: what is there; a folder that no bundle has is a finding, and not entered
    for entry in os.scandir(os.path.join(log.folder, at)):
        path, info = at + entry.name, entry.stat(follow_symlinks=False)
        link = getattr(info, "st_file_attributes", 0) & 0x400  # a junction of Windows
        kind = None if link else stat.S_IFMT(info.st_mode)
        if kind == stat.S_IFREG:
            files[path] = None
            files[path] = digests(pieces(path))
        elif kind == stat.S_IFDIR and path in FOLDERS:
            walk(path + "/")
        else:
            find("bundle-file-" + ("unlisted" if kind == stat.S_IFDIR else "kind"), path, "no bundle has it")
        if len(files) + len(found) > 1_000_000: raise OSError("more files than it keeps in mind")
def pieces(path, limit=1 << 62):
    demand(path in files, "%s is not there" % path)
    with open(os.path.join(log.folder, path), "rb") as file:
        while piece := file.read(1 << 20):
            demand(file.tell() <= limit, "%s is larger than any such file" % path)
            yield piece
def read(path, limit=SMALL): return b"".join(pieces(path, limit))
def digests(pieces):
    sha256, blake2b = hashlib.sha256(), hashlib.blake2b()
    size = sum(sha256.update(piece) or blake2b.update(piece) or len(piece) for piece in pieces)
    return {"sha256": sha256.hexdigest(), "blake2b512": blake2b.hexdigest(), "size": size}
def manifest(name, which, paths):  # It has one form, so it is made anew from the files and compared.
    with step("bundle-form", name):
        made = {path: files[path][which] for path in sorted(paths)}
        listed = dict(line.split("  ", 1)[::-1] for line in read(name, LIST).decode().splitlines())
        differ = {path for path, digest in made.items() ^ listed.items()}
        for path in differ:
            code = "digest" if path in listed else "file-unlisted"
            find("bundle-" + (code if path in made else "file-missing"), path, name + " says otherwise")
        text = "".join("%s  %s\n" % (made[path], path) for path in made)
        demand(differ or read(name, LIST) == text.encode(), "it is not in its one form")
def bag():  # steps 1 and 2
    for path in set(REQUIRED) - set(files): find("bundle-file-missing", path, "every bundle has it")
    payload = {path for path in files if path.startswith("data/")}
    manifest("manifest-sha256.txt", "sha256", payload)
    manifest("b2sums.txt", "blake2b512", payload)
    manifest(SEALS[0], "sha256", set(files) - payload - set(SEALS))
    with step("bundle-form", "bag-info.txt"):
        demand(read("bagit.txt") == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "no bag")
        size, case = sum(files[path]["size"] for path in payload), re.sub("[\r\n]", " ", proved[0]["case"])
        text = "%s\nExternal-Identifier: %s\nPayload-Oxum: %d.%d\n" % (case, log.origin, size, len(payload))
        before = "Bag-Software-Agent: .*\nBagging-Date: %s\nExternal-Description: Exhibits of the case " % DAY
        demand(re.fullmatch(before + re.escape(text), read("bag-info.txt").decode()), "other facts")

def ed25519(key, signature, message, der="302a300506032b6570032100"):  # RFC 8410; for ML-DSA-44 RFC 9881
    command = "openssl pkeyutl -verify -pubin -rawin -keyform DER".split()
    for option, data in (("-inkey", bytes.fromhex(der) + key), ("-sigfile", signature), ("-in", message)):
        command += [option, os.path.join(log.scratch, option)]
        with open(command[-1], "wb") as file: file.write(data)
    said = subprocess.run(command, capture_output=True).stdout
    demand(said.strip() == b"Signature Verified Successfully", "the signature does not hold")
def unssh(data):
    while data:
        size = 4 + int.from_bytes(data[:4], "big")
        yield data[4:size]
        data = data[size:]
def sshsig(armoured, namespace, message):  # leaf.md: the fingerprint of the key that made the signature
    key, *_, made = unssh(base64.b64decode(b"".join(armoured.split(b"\n")[1:-2]))[10:])
    name, (kind, raw, *device) = fingerprint(key), unssh(key)
    made, touch = (made[:-5], made[-5:]) if device else (made, b"")
    blob = ssh(key, namespace, b"", b"sha512", ssh(kind, made[-64:]) + touch)
    text = b"\n".join(re.findall(b".{1,70}", base64.b64encode(b"SSHSIG\0\0\0\1" + blob)))
    text = b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n" % text
    demand(armoured == text, "the signature has another form, key or purpose")
    signed = b"SSHSIG" + ssh(namespace, b"", b"sha512", hashlib.sha512(message).digest())
    if device:  # PROTOCOL.u2f
        demand(touch[0] & 1, "the security key was not touched")
        signed = hashlib.sha256(device[0]).digest() + touch + hashlib.sha256(signed).digest()
    ed25519(raw, made[-64:], signed)
    return name
def fingerprint(blob):
    kind, raw, *device = unssh(blob)
    known = kind == (b"sk-ssh-ed25519@openssh.com" if device else b"ssh-ed25519") and len(raw) == 32 and len(device) < 2
    demand(known and ssh(kind, raw, *device) == blob and len(b"".join(device).decode().encode()) <= 128, "no key of an actor")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
def signed(data):  # log.md, Checkpoints: the text of a note, and who signs with what
    body, gap, tail = data.decode().rpartition("\n\n")
    demand(len(data) <= 64 << 10 and not re.search("[\0-\t\v-\x1f]", body + tail), "no signed note")
    found = re.findall("\u2014 ([^\\s+]+) (\\S+)\n", tail)
    made = "".join("\u2014 %s %s\n" % one for one in found[:64])
    demand(found and made == tail, "no signature lines of a note")
    return body, [(name, unbase64(blob)) for name, blob in found]
@functools.lru_cache(8)  # most proofs of a bundle lead to one checkpoint
def note(data, others=False):  # size and root, if the log's key has signed them; and others, where they may
    body, lines = signed(data)
    mine = [blob for name, blob in lines if (name, blob[:4].hex()) == (log.origin, log.key_id)]
    demand(mine and all(len(blob) > 4 for _, blob in lines), "not signed by the log")
    demand(others or len(mine) == len(lines), "signed by another key")
    for blob in mine:
        demand(len(blob) == 68, "a signature of another kind")
        ed25519(log.key[1:], blob[4:], (body + "\n").encode())
    origin, size, root, *extensions = body.split("\n")
    demand(origin == log.origin and all(extensions), "of another log, or another form")
    demand(re.fullmatch("0|[1-9][0-9]{0,18}", size), "its size has not the one form")
    return int(size), unbase64(root)
def climb(at, last, node, hashes):  # RFC 9162, 2.1.3.2, 2.1.4.2: roots of an older tree, and of the tree
    old = new = node
    for other in hashes:
        demand(last > 0 and len(other) == 32, "a proof has too many hashes")
        left = at & 1 or at == last
        old = hashlib.sha256(b"\1" + other + old).digest() if left else old
        new = hashlib.sha256(b"\1" + (other + new if left else new + other)).digest()
        while left and at and not at & 1: at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    demand(last == 0, "a proof has too few hashes")
    return old, new
def opened(path, form):  # log.md, Proof files: number, hashes, checkpoint with size and root
    head, gap, checkpoint = read(path).partition(b"\n\n")
    number, hashes = re.fullmatch(form + " (0|[1-9][0-9]{0,18})((?:\n.+)*)", head.decode()).groups()
    return int(number), [unbase64(one) for one in hashes.split("\n")[1:]], checkpoint, *note(checkpoint)
def proof(path, leaf):  # index and checkpoint, if the leaf is in its tree
    index, hashes, checkpoint, size, root = opened(path, "c2sp.org/tlog-proof@v1\nindex")
    _, made = climb(index, size - 1, hashlib.sha256(b"\0" + leaf).digest(), hashes)
    demand(index < size and made == root, "the record is not in the log as the proof says")
    return index, checkpoint
def consistency(path, size, root, later):  # that a log of this size and root is the later's beginning
    old, hashes, checkpoint, later_size, later_root = opened(path, "old")
    demand((old, checkpoint) == (size, later) and 0 < size < later_size, "between other states")
    at, last, hashes = size - 1, later_size - 1, [root] * (size & size - 1 == 0) + hashes
    while at & 1: at, last = at >> 1, last >> 1
    demand(climb(at, last, hashes[0], hashes[1:]) == (root, later_root), "another log's beginning")
def keys():  # step 3, and the actor's key, which leaf 0 names
    with step("bundle-form", "log/vkey"):
        log.vkey, end = read("log/vkey").decode().split("\n")
        log.origin, log.key_id, key = log.vkey.split("+", 2)
        log.key = unbase64(key)
        made = hashlib.sha256(log.origin.encode() + b"\n" + log.key).hexdigest()[:8]
        demand((end, made, log.key[0], len(log.key)) == ("", log.key_id, 1, 33), "no key of a log")
    with step("bundle-policy", "log/policy"):  # a longer one would name cosigners
        demand(read("log/policy").decode() == "log %s\nquorum none\n" % log.vkey, "not the two lines")
    if log.trust != log.vkey:
        code, kind = ("unchecked", "notice") if log.trust is None else ("untrusted", "fault")
        find("bundle-key-" + code, "log/vkey", "compare it with what the maker told you", kind)
    with step("bundle-leaf", "log/leaves/00000000.leaf"):
        first = json.loads(read("log/leaves/00000000.leaf").partition(b"\n")[0])
        enrol(0, dict(name=first["actor_name"], kind="person", key=first["actor_key"]), [])
def enrol(index, one, by):
    blob = unbase64(one["key"].partition(" ")[2])
    demand(one["key"] == "%s %s" % (next(unssh(blob)).decode(), one["key"].partition(" ")[2]), "no key of an actor")
    demand(fingerprint(blob) not in log.keys, "a key that was enrolled before")
    log.keys[fingerprint(blob)] = dict(one, at=index, gone=None, since=None, by=by)
def falling(one):  # leaf.md, Who may sign: the keys that go with a revocation
    gone = [one["key"]]
    for at, name in enumerate(gone):
        first = 0 if at else one.get("from", 1 << 64)
        gone += [other for other, key in log.keys.items() if other not in gone and (name, True) in [(by, leaf >= first) for by, leaf in key["by"]]]
    return gone
def act(index, one, by, leaf):  # what a record about actors changes, if it can
    kind, name, first = one["type"], one.get("name"), one.get("from")
    if kind == "enrolment":
        demand(0 < len(name.encode()) <= 100 and name == name.strip() and not re.search("[\0-\x1f\x7f-\x9f]", name), "no name")
        demand(all(key["kind"] == one["kind"] for key in log.keys.values() if key["name"] == name), "a person's and a machine's")
        by is None or enrol(index, one, by)
        if by is None: demand(fingerprint(unbase64(one["key"].partition(" ")[2])) not in log.keys, "a key that was enrolled before")
    gone = falling(one) if kind == "revocation" else []
    left = {key["name"] for name, key in log.keys.items() if (key["kind"], key["gone"]) == ("person", None) and name not in gone}
    demand(len(left) > (log.rule or kind == "two_person") and one.get("on") is not log.rule, "too few persons, or it changes nothing")
    for name in gone[:1]:
        key = log.keys[name]
        demand(first is None or key["at"] < first <= index, "a leaf that is none of the key's time")
        demand(key["gone"] is None or first is not None and (key["since"] is None or first < key["since"]), "revoked before")
    if by is None: return
    for name in gone:
        key = log.keys[name]
        key.update(gone=index if key["gone"] is None else key["gone"], since=first if name == one["key"] else key["at"] + 1)
    log.pending = {at: act for at, act in log.pending.items() if log.keys[act[0]["actor"]]["gone"] is None}
    log.rule = one.get("on", log.rule)
    if kind == "disclosure": log.allowed[leaf] = one
def admit(index, one, data):  # leaf.md, Who may sign: whether the signer might, and what the record changes
    kind, who, by = one["type"], log.keys.get(one["actor"]), [(one["actor"], index)]
    if kind in ABOUT: log.about.append(index)
    demand(who and who["gone"] is None and (kind not in ABOUT or who["kind"] == "person"), "by a key that was not to sign")
    if kind == "approval":
        of, digest = log.pending.get(one["leaf"], (one, None))
        demand(digest == one["hash"] and log.keys[of["actor"]]["name"] != who["name"], "it approves nothing")
        act(index, of, None, 0)
        log.pending.pop(one["leaf"])
        act(index, of, [(of["actor"], one["leaf"]), *by], one["leaf"])
    elif kind in ABOUT and log.rule and not one.get("on"):
        act(index, one, None, 0)
        log.pending[index] = one, hashlib.sha256(b"\0" + data).hexdigest()
    elif kind in ABOUT: act(index, one, by, index)
    elif kind == "export" and log.rule and one["disclosed"]:
        allowed = log.allowed.get(one.get("disclosure"), dict(list=None, fields=[]))
        with step("bundle-export", SEALS[2]):
            demand(allowed["list"] == one["list"]["sha256"] and {*one["disclosed"]} <= {*allowed["fields"]}, "one person alone discloses")
def record(path):  # step 5: a leaf's record, if its form and signature hold
    line, end, signature = read(path, 65_535).partition(b"\n")
    name, value = sshsig(signature, b"casefile-leaf@v1", line + end), canonical(line, RECORD)
    demand((value["log"], value["actor"]) == (log.origin, name), "of another log or actor")
    return value
def records():  # steps 4 and 5
    with step("bundle-proof", "log/checkpoint"):
        log.checkpoint = read("log/checkpoint")
        log.size, log.root = note(log.checkpoint)
    for path in sorted((path for path in files if path.startswith("log/leaves/")), key=lambda path: (len(path), path)):
        with step("bundle-leaf", path):
            value, index, at = record(path), int(path[11:-5]), "log/proofs/%s.tlog-proof" % path[11:-5]
            demand((value.get("log_key"), value["type"] == "export") == (None if index else log.vkey, False), "not here")
            with step("bundle-proof", at):
                demand(proof(at, read(path)) == (index, log.checkpoint), "of another record or state")
                with step("bundle-leaf", path):
                    admit(index, value, read(path))
                    proved[index] = value
def leaves(indexes):
    return [name % at for at in indexes for name in ("log/leaves/%08d.leaf", "log/proofs/%08d.tlog-proof")]
@step("bundle-exhibit", "exhibits.jsonl")
def exhibits():  # step 8; a line follows from its number, name, leaves and the files
    for place, line in enumerate(read("exhibits.jsonl", LIST).splitlines(True), 1):
        with step("bundle-exhibit", "exhibits.jsonl, line %d" % place):
            one = canonical(line[:-1], form("item:d leaves:j name:s number:i path:s reading:n"))
            item, reading, number, about = one["item"], one["reading"], one["number"], one["leaves"]
            name = re.sub("[^A-Za-z0-9._-]", "_", one["name"].split("/")[-1][-60:])
            path = "data/items/%06d-%s" % (number, name)
            mine = [*leaves(about), path, item["sha256"]]
            demand(used.isdisjoint(mine) and len({*mine}) == len(mine), "it, or a record of it, is listed twice")
            demand(number > next(reversed(items), 0), "its number does not rise")
            used.update(mine, [reading, "log/evidence/%06d.ers" % number]), items.update({number: item["sha256"]})
            named = one["path"] == path and reading in (None, "data/readings/%06d.json" % number)
            demand(named and item == files[path], "its files have another number, name or digest")
            records = [proved[index] for index in about]
            names = [record["name"]["text"] for record in records if record["item"] == item]
            read_as = [record["reading"] for record in records if record["item"] == item["sha256"] and "reading" in record]
            seals = [(item["sha256"], record["sealed"]["key_file"]) for record in records if "sealed" in record]
            gone = [(record["item"], record["key_file"]) for record in records if "reason" in record]
            demand(one["name"] in names and len(names + read_as + gone) == len(records), "not its records")
            with step("bundle-sealed", path): demand(all({"key", "plain"} <= {*one["withheld"]} for one in records if "sealed" in one), "for no key")
            with step("bundle-erasure", path):
                demand(all(one in seals for one in gone), "erased, and not sealed so")
                demand(not gone or used.isdisjoint((index, "key") for index in about), "erased, and its key goes along")
            if seals: find("bundle-" + ("erased" if gone else "sealed-unopened"), path, "sealed, and not opened here", "notice")
            demand(read_as == [files[path] for path in [reading] if path], "not what was read")
            with step("bundle-reading", reading):
                reading is None or spans(canonical(read(reading, LIST), "(?s).*"), path, item)
    for path in set(files) - used - {*leaves(log.about)}: find("bundle-exhibit", path, "it belongs to no exhibit")
def spans(reading, path, item):  # where an item is its own text, a figure's words stand where it says
    demand((reading["item"], reading["item_size"]) == (item["sha256"], item["size"]), "not its item")
    with open(os.path.join(log.folder, path), "rb") as file:
        for figure in reading["figures"] if reading["text"] is None else []:
            words, place = figure["text"].encode(), file.seek(max(figure["start"], 0))
            there = file.read(len(words)), place, file.tell()
            demand(there == (words, figure["start"], figure["end"]), "a figure's words are elsewhere")

@step("bundle-opening", "openings.jsonl")
def openings():  # step 9
    used.update(["openings.jsonl", "log/evidence/certificates.pem", "log/evidence/revocations.pem"])
    for line in read("openings.jsonl", LIST).splitlines(True) if "openings.jsonl" in files else []:
        one = canonical(line[:-1], form("field:s leaf:i salt:h value:s"))
        text = "\n".join(("casefile commitment v1", one["field"], one["salt"], one["value"]))
        made = hashlib.sha256(text.encode()).hexdigest()
        demand("\n" not in one["field"] and made == proved[one["leaf"]]["withheld"][one["field"]], "not opened")
        disclosed.add(one["field"]), used.add((one["leaf"], one["field"]))
    demand(disclosed or "openings.jsonl" not in files, "it is there, and opens nothing")

@step("bundle-timestamp", "log/timestamps")
def stamps():  # step 10, by openssl: without revocation lists, and under the certificates given with each
    stamp = {index: one for index, one in proved.items() if one["type"][:9] == "timestamp"}
    asked, given = ({index for index in stamp if kind in stamp[index]} for kind in ("about", "reply"))
    demand(asked == {stamp[index]["request"] for index in given}, "a request or a reply is missing")
    for index, one in stamp.items():
        name = "log/timestamps/%08d."
        named = {name % index + field: one[field] for field in one if type(one[field]) is dict}
        used.update(leaves([index]), named, [name % index + "consistency"] * ("about" in one))
        demand(named == {path: files[path] for path in named}, "not the files on record")
        if one.get("about") == "checkpoint":
            size, root = note(read(name % index + "stamped"))
            demand((size, root.hex()) == (one["tree_size"], one["root"]), "another state of the log")
            consistency(name % index + "consistency", size, root, log.checkpoint)
        name = os.path.join(log.folder, name)
        for asked in [["-queryfile", "request"], ["-data", "stamped"]] if "reply" in one else []:
            command = ["openssl", "ts", "-verify", "-no_check_time", asked[0], name % one["request"] + asked[1],
                       "-in", name % index + "reply", "-CAfile", name % index + "certificates"]
            demand(not subprocess.run(command, capture_output=True).returncode, "record %d does not hold" % index)
    if stamp: find("bundle-timestamp-unchecked", "log/timestamps", "under the roots that it brings along", "notice")
    if any(path[:13] == "log/evidence/" for path in files): find(
        "bundle-timestamp-unchecked", "log/evidence", "evidence records are not looked at here", "notice")
def cosignatures(vkey, data):  # cosigner.md: times of the lines by this key, each of which must hold
    (name, key_id, typed), (body, lines) = vkey.split("+", 2), signed(data)
    typed, short = unbase64(typed), lambda text: bytes([len(text.encode())]) + text.encode()
    size, *der = {4: (32,), 6: (1312, "30820532300b06096086480165030403110382052100")}[typed[0]]
    known = not der or log.mldsa
    made = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    demand((made, len(typed)) == (key_id, size + 1) and re.fullmatch("[^\\s+]+", name) and short(name), "no cosigner's key")
    origin, size, root, *_ = body.split("\n")
    for blob in [blob for who, blob in lines if (who, blob[:4].hex()) == (name, key_id)]:
        at = int.from_bytes(blob[4:12], "big")
        demand(at < 1 << 63 and len(blob) == {4: 76, 6: 2432}[typed[0]], "a signature of another kind")
        whole = b"subtree/v1\n\0" + short(name) + blob[4:12] + short(origin) + bytes(8) + int(size).to_bytes(8, "big")
        message = whole + unbase64(root) if der else b"cosignature/v1\ntime %d\n%s\n" % (at, body.encode())
        if known: ed25519(typed[1:], blob[12:], message, *der)
        yield known, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at < 253402300800 else str(at)
@step("bundle-cosigned", "log/cosigned")
def cosigned():  # step 12; whom the bundle itself names proves nothing
    kept, named = ({index: one for index, one in proved.items() if one["type"] == kind} for kind in ("cosigned", "cosigner"))
    keys = {one["key"]: index for index, one in sorted(named.items(), reverse=True)}
    for index, one in kept.items():
        at, by = ["log/cosigned/%08d.%s" % (index, end) for end in ("checkpoint", "consistency")], {by["key"] for by in one["by"]}
        used.update(leaves([index]), at)
        with step("bundle-cosigned", at[0]):
            size, root = note(read(at[0]), True)
            demand((files[at[0]], size) == (one["checkpoint"], one["size"]), "not the one on record")
        with step("bundle-cosigned-fork", at[1]): consistency(at[1], size, root, log.checkpoint)
        with step("bundle-cosignature-stranger", at[0]):
            demand(all(keys.get(key, index) < index for key in by), "by a key that no record before it names")
        with step("bundle-cosignature", at[0]):
            held = [(key, *one) for key in by for one in cosignatures(key, read(at[0]))]
            made = sorted((key, when) for key, _, when in held)
            demand(by and made == sorted((by["key"], by["time"]) for by in one["by"]), "not what its record counts")
            for key, known, when in held: find("bundle-cosigned-unchecked", "%s by %s" % (at[0], key.split("+")[0]), (
                "%s, %d records; whose key it is, ask them" if known else "%s, %d records: NOT CHECKED, as this openssl cannot "
                "(from 3.5 on it can)") % (when, size), "notice")
    used.update(leaves(named), ["log/cosigned/policy"] * bool(kept))
    demand({by["key"] for one in kept.values() for by in one["by"]} >= {*keys}, "a cosigner is named who signed nothing")
    with step("bundle-policy", "log/cosigned/policy"):
        names = ["cosigner-%d" % index for index in sorted(keys.values())]
        text = "log %s\n" % log.vkey + "".join("witness cosigner-%d %s\n" % one[::-1] for one in sorted(keys.items(), key=lambda one: one[1]))
        text += "group cosigners any %s\nquorum cosigners\n" % " ".join(names) if names[1:] else "quorum %s\n" % "".join(names)
        demand(not kept or read("log/cosigned/policy", 1 << 18).decode() == text, "not what follows from the records")
def export():  # steps 6 and 7; what the record of the export must say follows from the bundle
    with step("bundle-leaf", SEALS[2]):
        value = record(SEALS[2])
        with step("bundle-signature", SEALS[1]):
            demand(sshsig(read(SEALS[1]), b"casefile-bundle@v1", read(SEALS[0], LIST)) == value["actor"], "by another than the export")
        with step("bundle-form", "log/allowed_signers"):
            text = 'actor namespaces="casefile-leaf@v1,casefile-bundle@v1" %s\n'
            text = [text % log.keys[name]["key"] for name in dict.fromkeys([one["actor"] for one in proved.values()] + [value["actor"]])]
            demand(read("log/allowed_signers", LIST).decode() == "".join(text), "it names other keys")
        with step("bundle-proof", SEALS[3]):
            index, checkpoint = proof(SEALS[3], read(SEALS[2]))
            demand(index == log.size if log.about else index >= log.size, "it is before log/checkpoint, or not next to it")
            with step("bundle-leaf", SEALS[2]): admit(index, value, b"")
            with step("bundle-fork", SEALS[4]): consistency(SEALS[4], log.size, log.root, checkpoint)
        with step("bundle-export", SEALS[2]):
            made = dict(value, type="export", tagmanifest=files[SEALS[0]]["sha256"], tree_size=log.size,
                        signature=files[SEALS[1]]["sha256"], items=len(items), disclosed=sorted(disclosed),
                        list=digests([json.dumps([*items.values()], separators=(",", ":")).encode()]))
            about = hashlib.sha256(json.dumps(log.about, separators=(",", ":")).encode()).hexdigest() if log.about else None
            demand(value.get("actors") == about, "a record about actors was left out")
            demand(value == made, "not of this bundle: %s" % [one for one in value if value[one] != made[one]])
def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder"), parser.add_argument("--trust", metavar="KEY")
    parser.parse_args(namespace=log)
    try:
        version = subprocess.check_output(["openssl", "version"])
        if not re.match(rb"OpenSSL ([3-9]|\d\d)", version): raise OSError("openssl is older than version 3")
        log.mldsa = re.match(rb"OpenSSL (3\.([5-9]|\d\d)|[4-9]|\d\d)", version)
        with tempfile.TemporaryDirectory() as log.scratch:
            for check in (walk, keys, records, openings, stamps, cosigned, exhibits, export, bag): check()
        faults = [line for line in found.values() if line.startswith("fault")]
        print(*found.values(), "DOES NOT HOLD" if faults else "HOLDS", sep="\n")
        print("%d records, %d exhibits; key of the log: %a" % (len(proved), len(items), log.vkey))
        return 1 if faults else 0
    except OSError as wrong:
        return print("nothing can be said:", ascii(str(wrong)), file=sys.stderr) or 2

if __name__ == "__main__": sys.exit(main())
