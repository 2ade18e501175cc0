#!/usr/bin/env python3
"""Checks a casefile bundle with Python's standard library and the openssl command, nothing else.
    python3 verify.py FOLDER [--trust KEY]     KEY: the key of the log, as its maker told you
Exit status: 0 it holds; 1 it does not, or some proof is missing; 2 nothing can be said (wrong use, no openssl from 3
on, a file that cannot be read). A finding: fault or notice, code (docs/format/findings.md), place, words. Written from
docs/format: bundle.md, whose steps it names, leaf.md, log.md, cosigner.md. It follows no link, opens nothing outside
FOLDER, uses no network. A COPY OF THIS FILE IN A BUNDLE IS FORGED AS EASILY AS THE BUNDLE: get one elsewhere.
"""
import argparse, contextlib, functools, json, os, re, stat, subprocess, sys, tempfile, time
from base64 import b64decode, b64encode
from hashlib import blake2b, sha256, sha512

SMALL, LIST = 128 << 10, 128 << 20  # bytes at most of a note, leaf or proof; of a manifest, list or reading
SEALS = "tagmanifest-sha256.txt tagmanifest-sha256.txt.sig export.leaf export.tlog-proof export.consistency".split()
REQUIRED = SEALS + """README.txt bag-info.txt bagit.txt b2sums.txt case.jsonld custody.html exhibits.jsonl index.html
    log/allowed_signers log/checkpoint log/leaves/00000000.leaf log/policy log/proofs/00000000.tlog-proof log/vkey
    manifest-sha256.txt premis.xml ro-crate-metadata.json verify.py""".split()
FOLDERS = "data data/items data/readings log log/cosigned log/evidence log/leaves log/proofs log/timestamps".split()
ED25519 = "302a300506032b6570032100", 32, 64  # RFC 8410: DER before a key; bytes of a key, and of a signature
KEYS = {1: ED25519, 4: ED25519, 6: ("30820532300b06096086480165030403110382052100", 1312, 2420)}  # 6: RFC 9881
NEVER = 1 << 64  # above every index
# Kinds of JSON values, as regular expressions: one in capitals may be null, one that is not here stands for itself.
TEXT, HASH, DAY = r'"[^"\\]*(?:\\.[^"\\]*)*"', '"[0-9a-f]{64}"', "[0-9]{4}(?:-[0-9]{2}){2}"
KINDS = dict(s=TEXT, h=HASH, b='"[0-9a-f]{128}"', i="(?:0|[1-9][0-9]{0,15})", v="1", y="(?:true|false)",
             p='"(?:person|machine)"', t='"%sT[0-9]{2}(?::[0-9]{2}){2}Z"' % DAY)
def form(fields):  # of an object with these fields, NAME:KIND or NAME?:KIND, in canonical order, the first a must
    pairs = sorted(field.split(":") for field in fields.split())
    parts = [(name, ',"%s":%s' % (name.rstrip("?"), KINDS.get(kind, '"%s"' % kind))) for name, kind in pairs]
    return r"\{%s\}" % "".join("(?:%s)?" % part if "?" in name else part for name, part in parts)[1:]
def many(one, ends=r"\[%s\]"): return ends % ("(?:%s(?:,%s)*)?" % (one, one))
KINDS.update(d=form("sha256:h blake2b512:b size:i"), c=many(form("key:s time:s")), j=many(KINDS["i"]), l=many(TEXT))
KINDS.update({kind.upper(): "(?:null|%s)" % KINDS[kind] for kind in "sid"}, k=form("key_file:d"))
KINDS.update(m=form("bytes:S text:s"), w=many(TEXT + ":" + HASH, r"\{%s\}"))
RECORD = "|".join(form("actor:s log:s time:t tool:s v:v type:" + fields.strip()) for fields in """
    genesis case:s actor_key:s actor_name:s log_key:s; reading item:h reading:d reader:s figures:i problems:l;
    capture sealed?:k item:d name:m method:s file_modified:S source:S address:S obtained:S note:S withheld:w;
    erasure item:h key_file:d openings:l reason:s; enrolment key:s kind:p name:s; revocation from?:i key:s reason:s;
    two_person on:y; approval hash:h leaf:i; disclosure fields:l list:h; cosigner key:s who?:s;
    cosigned by:c checkpoint:d size:i; timestamp_request about:s stamped:d request:d tree_size:i root:h renews:I;
    timestamp request:i tree_size:i root:h reply:d certificates:d revocations:D authority:s gen_time:s policy:s serial:s
    accuracy_micros:I; export tagmanifest:h signature:h items:i list:d tree_size:i disclosed:l actors?:h disclosure?:i
    """.split(";"))
ABOUT = "enrolment revocation two_person approval disclosure".split()  # types of records about actors
# Digests by path, records by index, items by number, findings, what belongs to something, fields disclosed.
files, proved, items, found, used, disclosed = {}, {}, {}, {}, set(REQUIRED), set()
log = argparse.Namespace(vkey=None, who=[None], roster={}, about=[], pending={}, allowed={}, rule=False, mldsa=False)

def demand(holds, sentence):
    if not holds: raise AssertionError(sentence)
def find(code, place, sentence, kind="fault"):
    found[code, place] = "%-6s  bundle-%s  " % (kind, code) + ascii("%s: %s" % (place, sentence))[1:-1]
@contextlib.contextmanager
def step(code, place):  # What goes wrong inside is a finding: hostile bytes neither end nor pass it.
    try: yield
    except OSError: raise  # the machine's problem: nothing can be said
    except Exception as wrong: find(code, place, str(wrong) if type(wrong) is AssertionError else repr(wrong)[:200])
def unbase64(text):
    data = b64decode(text, validate=True)
    demand(b64encode(data).decode() == text, "base64 that is not in its one form")
    return data
def spell(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
def canonical(data, form):  # RFC 8785
    value = json.loads(data.decode()) if re.fullmatch(form, data.decode()) else None
    demand(value is not None and spell(value) == data, "JSON of another form, or not in its one spelling")
    return value
def walk(at=""):  # step 1: what is there; a folder that no bundle has is a finding, and not entered
    for entry in os.scandir(os.path.join(log.folder, at)):
        path, info = at + entry.name, entry.stat(follow_symlinks=False)
        kind = stat.S_IFMT(info.st_mode) * (not getattr(info, "st_file_attributes", 0) & 0x400)  # a link of Windows
        if kind == stat.S_IFREG: files[path] = digests(pieces(path))
        elif kind == stat.S_IFDIR and path in FOLDERS: walk(path + "/")
        else: find("file-unlisted" if kind == stat.S_IFDIR else "file-kind", path, "no bundle has it")
        if len(files) + len(found) > 1_000_000: raise OSError("more files than it keeps in mind")
def pieces(path, limit=1 << 62):
    with open(os.path.join(log.folder, path), "rb") as file:
        while piece := file.read(1 << 20):
            demand(file.tell() <= limit, "%s is larger than any such file" % path)
            yield piece
def read(path, limit=SMALL):
    demand(path in files, "%s is not there" % path)
    return b"".join(pieces(path, limit))
def listed(path):
    *lines, end = read(path, LIST).split(b"\n")
    demand(not end, "its last line does not end")
    return lines
def digests(pieces):
    sha, blake = sha256(), blake2b()
    size = sum(sha.update(piece) or blake.update(piece) or len(piece) for piece in pieces)
    return {"sha256": sha.hexdigest(), "blake2b512": blake.hexdigest(), "size": size}
def manifest(name, which, paths):  # It has one form, so it is made anew from the files and compared.
    with step("form", name):
        made, text = {path: files[path][which] for path in sorted(paths)}, read(name, LIST).decode()
        listed = dict(line.split("  ", 1)[::-1] for line in text.splitlines())
        for path in sorted({path for path, _ in made.items() ^ listed.items()}):
            code = "file-missing" if path not in made else "digest" if path in listed else "file-unlisted"
            find(code, path, name + " says otherwise")
        demand(made != listed or text == "".join("%s  %s\n" % one[::-1] for one in made.items()), "not of its one form")
def bag():  # steps 1 and 2
    for path in sorted(set(REQUIRED) - set(files)): find("file-missing", path, "every bundle has it")
    payload = {path for path in files if path.startswith("data/")}
    manifest("manifest-sha256.txt", "sha256", payload)
    manifest("b2sums.txt", "blake2b512", payload)
    manifest(SEALS[0], "sha256", set(files) - payload - set(SEALS))
    with step("form", "bag-info.txt"):
        size, case = sum(files[path]["size"] for path in payload), re.sub("[\r\n]", " ", proved[0]["case"])
        text = "%s\nExternal-Identifier: %s\nPayload-Oxum: %d.%d\n" % (case, log.who[0], size, len(payload))
        before = "Bag-Software-Agent: .*\nBagging-Date: %s\nExternal-Description: Exhibits of the case " % DAY
        demand(re.fullmatch(before + re.escape(text), read("bag-info.txt").decode()), "other facts")
        demand(read("bagit.txt") == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "no bag")

def openssl(*words):  # what it says, or nothing where it fails
    ran = subprocess.run(["openssl", *words], capture_output=True)
    return b"" if ran.returncode else ran.stdout
def verify(key, signature, message):  # by a key behind its type
    (der, _, size), command = KEYS[key[0]], "pkeyutl -verify -pubin -rawin -keyform DER".split()
    for option, data in ("-inkey", bytes.fromhex(der) + key[1:]), ("-sigfile", signature), ("-in", message):
        command += [option, os.path.join(log.scratch, option)]
        with open(command[-1], "wb") as file: file.write(data)
    demand(len(signature) == size and b"Verified Successfully" in openssl(*command), "the signature does not hold")
def ssh(*parts): return b"".join(len(part).to_bytes(4, "big") + part for part in parts)  # RFC 4251, 5
def actor(text):  # leaf.md: fingerprint, kind, key and, of a security key, application
    kind, blob = text.split(" ")[0].encode(), unbase64(text.split(" ", 1)[1])
    at = 8 + len(kind)  # of the key, behind two lengths
    raw, device = blob[at:at + 32], [blob[at + 36:]] if blob[at + 32:] else []
    known = kind == (b"sk-ssh-ed25519@openssh.com" if device else b"ssh-ed25519") and ssh(kind, raw, *device) == blob
    demand(known and len(raw) == 32 and len(b"".join(device).decode().encode()) <= 128, "no key of an actor")
    return "SHA256:" + b64encode(sha256(blob).digest()).decode().rstrip("="), kind, raw, device
def sshsig(armoured, namespace, message, name):  # leaf.md, Framing and signature: a signature has one spelling
    demand(name in log.roster, "by a key that is not on the roster")
    _, kind, raw, device = actor(log.roster[name]["key"])
    blob = unbase64(b"".join(armoured.split(b"\n")[1:-2]).decode())
    made, touch = (blob[-69:-5], blob[-5:]) if device else (blob[-64:], b"")
    blob = ssh(ssh(kind, raw, *device), namespace, b"", b"sha512", ssh(kind, made) + touch)
    lines = b"\n".join(re.findall(b".{1,70}", b64encode(b"SSHSIG\0\0\0\1" + blob)))
    text = b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n"
    demand(armoured == text % lines, "the signature has another form, key or purpose")
    signed = b"SSHSIG" + ssh(namespace, b"", b"sha512", sha512(message).digest())
    if device:  # PROTOCOL.u2f
        demand(touch[0] & 1, "the security key was not touched")
        signed = sha256(device[0]).digest() + touch + sha256(signed).digest()
    verify(b"\1" + raw, made, signed)
def verifier(text, *types):  # log.md, Checkpoints: name and id of a key, and the key behind its type
    name, key_id, key = text.split("+", 2)
    key = unbase64(key)
    fits = key[0] in types and len(key) == 1 + KEYS[key[0]][1] and re.fullmatch(r"[^\s+]+", name)
    demand(fits and sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id, "no key of this kind")
    return (name, bytes.fromhex(key_id)), key
def signed(data):  # log.md, Checkpoints: the text of a note, and who signs with what
    body, gap, tail = data.decode().rpartition("\n\n")
    demand(len(data) <= 64 << 10 and not re.search("[\0-\t\v-\x1f]", body + tail), "no signed note")
    lines = re.findall("\u2014 ([^\\s+]+) (\\S+)\n", tail)[:64]
    demand(lines and "".join("\u2014 %s %s\n" % line for line in lines) == tail, "no signature lines of a note")
    lines = [((name, unbase64(blob)[:4]), unbase64(blob)[4:]) for name, blob in lines]
    demand(all(blob for _, blob in lines), "a signature line without a signature")
    return body, lines
@functools.lru_cache(8)  # most proofs of a bundle lead to one checkpoint
def note(data, others=False):  # size and root, if the log's key has signed them; and others, where they may
    body, lines = signed(data)
    mine = [blob for who, blob in lines if who == log.who]
    demand(mine and (others or len(mine) == len(lines)), "not signed by the log, or by another key too")
    for blob in mine: verify(log.key, blob, (body + "\n").encode())
    origin, size, root, *more = body.split("\n")
    demand(origin == log.who[0] and all(more) and re.fullmatch("0|[1-9][0-9]{0,18}", size), "of another log or form")
    return int(size), unbase64(root)
def climb(first, size, hashes, node, leaf=False):  # RFC 6962, 2.1: roots of a tree's first leaves, and of all of it
    if first == size and (size == 1 or not leaf):  # node: a leaf, the last of the first ones; or the root of these
        return (node or hashes.pop(0),) * 2
    half = 1 << (size - 1).bit_length() - 1
    if first > half:
        roots, left = climb(first - half, size - half, hashes, leaf and node, leaf), hashes.pop(0)
        return tuple(sha256(b"\1" + left + right).digest() for right in roots)
    old, new = climb(first, half, hashes, node, leaf)
    return old, sha256(b"\1" + new + hashes.pop(0)).digest()
def opened(path, form):  # log.md, Proof files: number, hashes, checkpoint with size and root
    head, gap, checkpoint = read(path).partition(b"\n\n")
    number, hashes = re.fullmatch(form + " (0|[1-9][0-9]{0,18})((?:\n.+)*)", head.decode()).groups()
    hashes = [unbase64(one) for one in hashes.split("\n")[1:]]
    demand(all(len(one) == 32 for one in hashes), "a hash of another length")
    return int(number), hashes, checkpoint, *note(checkpoint)
def proof(path, leaf):  # index and checkpoint, if the leaf is in its tree
    index, hashes, checkpoint, size, root = opened(path, "c2sp.org/tlog-proof@v1\nindex")
    holds = index < size and climb(index + 1, size, hashes, sha256(b"\0" + leaf).digest(), True)[1] == root
    demand(holds and not hashes, "the record is not in the log as the proof says")
    return index, checkpoint
def consistency(path, size, root, later):  # that a log of this size and root is the later's beginning
    old, hashes, checkpoint, later_size, later_root = opened(path, "old")
    demand((old, checkpoint) == (size, later) and 0 < size < later_size, "between other states")
    demand(climb(size, later_size, hashes, root) == (root, later_root) and not hashes, "another log's beginning")
def keys():  # step 3, and the actor's key, which leaf 0 names
    with step("form", "log/vkey"):
        log.vkey, end = read("log/vkey").decode().split("\n")
        log.who, log.key = verifier(log.vkey, 1)
        demand(not end, "more than a line")
    with step("policy", "log/policy"):  # a longer one would name cosigners
        demand(read("log/policy").decode() == "log %s\nquorum none\n" % log.vkey, "not the two lines")
    if log.trust is None: find("key-unchecked", "log/vkey", "compare it with what the maker told you", "notice")
    elif log.trust != log.vkey: find("key-untrusted", "log/vkey", "another key than you were told")
    with step("leaf", "log/leaves/00000000.leaf"):
        first = json.loads(read("log/leaves/00000000.leaf").partition(b"\n")[0])
        enrol(0, dict(name=first["actor_name"], kind="person", key=first["actor_key"]), [])
def enrol(index, one, by): log.roster[actor(one["key"])[0]] = dict(one, at=index, gone=NEVER, since=NEVER, by=by)
def possible(index, one):  # leaf.md, Who may sign, 2 to 5: keys that go by a record about actors, if it can be
    kind, name, first, gone = one["type"], one.get("name"), one.get("from", NEVER), []
    if kind == "enrolment":
        fits = re.fullmatch("[^\0-\x1f\x7f-\x9f]+", name) and name == name.strip() and len(name.encode()) <= 100
        alike = all(key["kind"] == one["kind"] for key in log.roster.values() if key["name"] == name)
        fresh = actor(one["key"])[0] not in log.roster
        demand(fits and alike and fresh, "no name, a person's and a machine's, or enrolled before")
    elif kind == "revocation":
        key, gone, since = log.roster[one["key"]], [one["key"]], first
        fits = (first == NEVER or key["at"] < first <= index) and (key["gone"] == NEVER or first < key["since"])
        demand(fits, "revoked before, or a leaf that is none of the key's time")
        for name in gone:  # which grows: with a key go those that it helped to enrol
            gone += [other for other, key in log.roster.items() if other not in gone and
                     any(by == name and leaf >= since for by, leaf in key["by"])]
            since = 0
    left = {key["name"] for name, key in log.roster.items()
            if name not in gone and (key["kind"], key["gone"]) == ("person", NEVER)}
    changes = len(left) > (log.rule or kind == "two_person") and one.get("on") is not log.rule
    demand(changes, "too few persons are left, or it changes nothing")
    return gone
def admit(index, one, data):  # leaf.md, Who may sign: whether the signer might, and what the record changes
    kind, act, leaf, by, who = one["type"], one, index, [(one["actor"], index)], lambda one: log.roster[one["actor"]]
    if kind in ABOUT: log.about.append(index)
    fits = who(one)["gone"] == NEVER and (kind not in ABOUT or who(one)["kind"] == "person")
    demand(fits, "by a key that was not to sign")
    if kind not in ABOUT: return
    if kind == "approval":
        leaf = one["leaf"]
        act, digest = log.pending.get(leaf, (one, None))
        demand(digest == one["hash"] and who(act)["name"] != who(one)["name"], "it approves nothing")
        by.append((act["actor"], leaf))
    gone, log.pending[index] = possible(index, act), (one, sha256(b"\0" + data).hexdigest())
    if log.rule and kind != "approval" and not one.get("on"): return
    if act["type"] == "enrolment": enrol(index, act, by)
    for key in map(log.roster.get, gone):
        first = act.get("from", NEVER) if key is log.roster[act["key"]] else key["at"] + 1
        key.update(gone=min(key["gone"], index), since=first)
    waits = lambda at: at not in (index, leaf) and who(log.pending[at][0])["gone"] == NEVER
    log.pending = {at: log.pending[at] for at in log.pending if waits(at)}
    log.rule = act.get("on", log.rule)
    if act["type"] == "disclosure": log.allowed[leaf] = act
def record(path):  # step 5: a leaf's record, if its form and signature hold
    line, end, signature = read(path, 65_535).partition(b"\n")
    value = canonical(line, RECORD)
    demand(value["log"] == log.who[0], "of another log")
    sshsig(signature, b"casefile-leaf@v1", line + end, value["actor"])
    return value
def records():  # steps 4 and 5
    with step("proof", "log/checkpoint"):
        log.checkpoint = read("log/checkpoint")
        log.size, log.root = note(log.checkpoint)
    for path in sorted((path for path in files if path[:11] == "log/leaves/"), key=lambda path: (len(path), path)):
        with step("leaf", path):
            value, index, at = record(path), int(path[11:-5]), "log/proofs/%s.tlog-proof" % path[11:-5]
            demand(value.get("log_key") == (None if index else log.vkey) and value["type"] != "export", "not here")
            with step("proof", at):
                demand(proof(at, read(path)) == (index, log.checkpoint), "of another record or state")
                with step("leaf", path):
                    admit(index, value, read(path))
                    proved[index] = value
def typed(*kinds): return [{at: one for at, one in sorted(proved.items()) if one["type"] == kind} for kind in kinds]
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
        disclosed.add(one["field"]), used.add((one["leaf"], one["field"]))
    demand(disclosed or "openings.jsonl" not in files, "it is there, and opens nothing")
@step("timestamp", "log/timestamps")
def stamps():  # step 10, by openssl: without revocation lists, and under the certificates given with each
    asked, given = typed("timestamp_request", "timestamp")
    demand({*asked} == {one["request"] for one in given.values()}, "a request or a reply is missing")
    for index, one in {**asked, **given}.items():
        name, place = "log/timestamps/%08d." % index, os.path.join(log.folder, "log/timestamps/%08d.%s")
        named = {name + field: one[field] for field in one if type(one[field]) is dict}
        used.update(leaves([index]), named, [name + "consistency"] * (index in asked))
        demand(named == {path: files[path] for path in named}, "not the files on record")
        if one.get("about") == "checkpoint":
            size, root = note(read(name + "stamped"))
            demand((size, root.hex()) == (one["tree_size"], one["root"]), "another state of the log")
            consistency(name + "consistency", size, root, log.checkpoint)
        for option, field in (("-queryfile", "request"), ("-data", "stamped")) if index in given else ():
            by = "-in", place % (index, "reply"), "-CAfile", place % (index, "certificates"), "-no_check_time"
            demand(openssl("ts", "-verify", *by, option, place % (one["request"], field)), "record %d" % index)
    for place in sorted({os.path.dirname(path) for path in files} & {"log/timestamps", "log/evidence"}):
        find("timestamp-unchecked", place, "not under roots that you trust, and evidence records not at all", "notice")
def cosignatures(text, data):  # cosigner.md: of lines by a key, which must hold, whether openssl could, and the time
    (who, key), (body, lines) = verifier(text, 4, 6), signed(data)
    (origin, size, root), short = body.split("\n")[:3], lambda text: bytes([len(text.encode())]) + text.encode()
    for blob in [blob for other, blob in lines if other == who]:
        at, known = int.from_bytes(blob[:8], "big"), key[0] == 4 or log.mldsa
        demand(at < 1 << 63 and len(blob) == 8 + KEYS[key[0]][2] and short(who[0]), "a signature of another kind")
        message = b"cosignature/v1\ntime %d\n%s\n" % (at, body.encode()) if key[0] == 4 else b"subtree/v1\n\0" + (
            short(who[0]) + blob[:8] + short(origin) + int(size).to_bytes(16, "big") + unbase64(root))
        if known: verify(key, blob[8:], message)
        yield known, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at < 253402300800 else str(at)
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
            size, root = note(read(at), True)
            demand((files[at], size) == (one["checkpoint"], one["size"]), "not the one on record")
        with step("cosigned-fork", proof): consistency(proof, size, root, log.checkpoint)
        with step("cosignature-stranger", at):
            demand(all(keys.get(key, index) < index for key in by), "by a key that no record before it names")
        with step("cosignature", at):
            held = [(key, when, known) for key in by for known, when in cosignatures(key, read(at))]
            demand(by and sorted(one[:2] for one in held) == counted, "not what its record counts")
            for key, when, known in held:
                words = "whose key it is, ask them" if known else "NOT CHECKED, for which openssl 3.5 is needed"
                find("cosigned-unchecked", at + " by " + key.split("+")[0], "%s, %s" % (when, words), "notice")
    with step("policy", "log/cosigned/policy"):
        names = ["cosigner-%d" % index for index in sorted(keys.values())]
        text = "log %s\n" % log.vkey + "".join("witness %s %s\n" % (at, named[int(at[9:])]["key"]) for at in names)
        text += ("group cosigners any %s\nquorum cosigners\n" if names[1:] else "quorum %s\n") % " ".join(names)
        demand(not kept or read("log/cosigned/policy", 1 << 18).decode() == text, "not what follows from the records")
    demand({by["key"] for one in kept.values() for by in one["by"]} >= {*keys}, "one is named who signed nothing")
@step("exhibit", "exhibits.jsonl")
def exhibits():  # step 8; a line follows from its number, name, leaves and the files
    fields = form("item:d leaves:j name:s number:i path:s reading:S")
    for at, line in enumerate(listed("exhibits.jsonl"), 1):
        with step("exhibit", "exhibits.jsonl, line %d" % at): exhibit(canonical(line, fields))
    for path in sorted(set(files) - used - leaves(log.about)): find("exhibit", path, "it belongs to no exhibit")
def exhibit(one):
    number, item, about = one["number"], one["item"], one["leaves"]
    path = "data/items/%06d-%s" % (number, re.sub("[^A-Za-z0-9._-]", "_", one["name"].split("/")[-1][-60:]))
    reading = "data/readings/%06d.json" % number if one["reading"] is not None else None
    mine, rises = {*leaves(about), path, item["sha256"]}, number > next(reversed(items), 0)
    demand(rises and used.isdisjoint(mine) and len({*about}) == len(about), "listed twice, or a number does not rise")
    used.update(mine, [reading, "log/evidence/%06d.ers" % number]), items.update({number: item["sha256"]})
    demand((one["path"], one["reading"], item) == (path, reading, files[path]), "its files have other names or digests")
    records = [proved[index] for index in about]
    mine = [one for one in records if one["item"] in (item, item["sha256"]) or one["type"] == "erasure"]
    captures, readings, erased = ([one for one in mine if field in one] for field in ("name", "reading", "reason"))
    named = one["name"] in [capture["name"]["text"] for capture in captures]
    demand(named and mine == records, "a record is about something else, or about no coming in under this name")
    sealed = [capture for capture in captures if "sealed" in capture]
    with step("sealed", path): demand(all({"key", "plain"} <= {*one["withheld"]} for one in sealed), "for no key")
    with step("erasure", path):
        seals = [(item["sha256"], capture["sealed"]["key_file"]) for capture in sealed]
        demand(all((one["item"], one["key_file"]) in seals for one in erased), "erased, and not sealed so")
        demand(not erased or used.isdisjoint((index, "key") for index in about), "erased, and its key goes along")
    if sealed: find("erased" if erased else "sealed-unopened", path, "sealed, and not opened here", "notice")
    demand([made["reading"] for made in readings] == [files[path] for path in [reading] if path], "not what was read")
    if reading:
        with step("reading", reading): spans(canonical(read(reading, LIST), "(?s).*"), path, item)
def spans(reading, path, item):  # where an item is its own text, a figure's words stand where it says
    demand((reading["item"], reading["item_size"]) == (item["sha256"], item["size"]), "not its item")
    with open(os.path.join(log.folder, path), "rb") as file:
        for figure in reading["figures"] if reading["text"] is None else []:
            words, place = figure["text"].encode(), file.seek(max(figure["start"], 0))
            there = file.read(len(words)), place, file.tell()
            demand(there == (words, figure["start"], figure["end"]), "a figure's words are elsewhere")
@step("leaf", SEALS[2])
def export():  # steps 6 and 7; what the record of the export must say follows from the bundle
    value = record(SEALS[2])
    with step("signature", SEALS[1]):
        sshsig(read(SEALS[1]), b"casefile-bundle@v1", read(SEALS[0], LIST), value["actor"])
    with step("form", "log/allowed_signers"):
        line = 'actor namespaces="casefile-leaf@v1,casefile-bundle@v1" %s\n'
        made = [line % log.roster[one["actor"]]["key"] for one in [*proved.values(), value]]
        demand(read("log/allowed_signers", LIST).decode() == "".join(dict.fromkeys(made)), "it names other keys")
    with step("proof", SEALS[3]):
        index, checkpoint = proof(SEALS[3], read(SEALS[2]))
        demand(index == log.size if log.about else index >= log.size, "it is before log/checkpoint, or not next to it")
        with step("leaf", SEALS[2]): admit(index, value, b"")
        with step("fork", SEALS[4]): consistency(SEALS[4], log.size, log.root, checkpoint)
    with step("export", SEALS[2]):
        made = dict(value, type="export", tagmanifest=files[SEALS[0]]["sha256"], signature=files[SEALS[1]]["sha256"],
                    items=len(items), list=digests([spell([*items.values()])]), tree_size=log.size,
                    disclosed=sorted(disclosed))
        about = sha256(spell(log.about)).hexdigest() if log.about else None
        demand(value == made and value.get("actors") == about, "not of this bundle, or one about actors is left out")
        if log.rule and disclosed:  # leaf.md, Who may sign, 6
            by = log.allowed[value["disclosure"]]
            demand(by["list"] == made["list"]["sha256"] and disclosed <= {*by["fields"]}, "one person alone discloses")
def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder"), parser.add_argument("--trust", metavar="KEY")
    parser.parse_args(namespace=log)
    try:
        version = [int(one) for one in re.findall(rb"\d+", openssl("version").partition(b"OpenSSL ")[2])]
        if version < [3]: raise OSError("openssl is older than version 3")
        log.mldsa = version >= [3, 5]
        with tempfile.TemporaryDirectory() as log.scratch:
            for check in (walk, keys, records, openings, stamps, cosigned, exhibits, export, bag): check()
        faults = any(line.startswith("fault") for line in found.values())
        print(*found.values(), "DOES NOT HOLD" if faults else "HOLDS", sep="\n")
        print("%d records, %d exhibits; key of the log: %a" % (len(proved), len(items), log.vkey))
        return int(faults)
    except OSError as wrong:
        return print("nothing can be said:", ascii(str(wrong)), file=sys.stderr) or 2

if __name__ == "__main__": sys.exit(main())
