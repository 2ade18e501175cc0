#!/usr/bin/env python3
"""Checks a casefile bundle with Python's standard library and the openssl command, nothing else.

    python3 verify.py FOLDER [--trust KEY]     KEY: the key of the log, as its maker told you

Exit status: 0 the bundle holds; 1 it does not, or some of its proof is missing; 2 nothing can be said
(wrong use, no openssl from version 3 on, a file that cannot be read). A finding is a line: fault or
notice, code (docs/format/findings.md), place, sentence. Written from docs/format/bundle.md, whose
steps it names, leaf.md and log.md. It follows no link, opens nothing outside FOLDER, uses no network.
A COPY OF THIS FILE IN A BUNDLE IS FORGED AS EASILY AS THE BUNDLE: use one that you got elsewhere.
"""
import argparse, base64, contextlib, functools, hashlib, json, os, re, stat, subprocess, sys, tempfile

SMALL = 128 << 10  # bytes: a note has at most 64 KiB, a leaf 65,535, a proof 64 hashes and a note
LIST = 128 << 20  # bytes of a manifest, list or reading; all else is read by the mebibyte
ENTRIES = 1_000_000  # most files and findings that this program keeps in mind
PRIME, ORDER8 = 2**255 - 19, 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
NOBODYS = {0, 1, PRIME - 1, ORDER8, PRIME - ORDER8, PRIME, PRIME + 1}  # heights of small order
REQUIRED = """tagmanifest-sha256.txt tagmanifest-sha256.txt.sig export.leaf export.tlog-proof
    export.consistency README.txt bag-info.txt bagit.txt b2sums.txt exhibits.jsonl index.html
    log/allowed_signers log/checkpoint log/leaves/00000000.leaf log/proofs/00000000.tlog-proof
    log/policy log/vkey manifest-sha256.txt verify.py""".split()
SEALS = REQUIRED[:5]
FOLDERS = "data data/items data/readings log log/leaves log/proofs".split()
FIELDS = {"genesis": "case actor_key actor_name log_key",
          "capture": "item name method file_modified source address obtained note withheld",
          "reading": "item reading reader figures problems",
          "export": "tagmanifest signature items list tree_size disclosed"}
# What is known: digests by path, records by index, items by number, what was used, findings, keys.
files, proved, items, found, disclosed, used = {}, {}, {}, {}, set(), set(REQUIRED)
log = argparse.Namespace(vkey=None, origin=None, actor=None, size=None)

def demand(holds, sentence):
    if not holds: raise AssertionError(sentence)

def find(code, place, sentence, kind="fault"):
    found[code, place] = "%-6s  %s  " % (kind, code) + ascii("%s: %s" % (place, sentence))[1:-1]

@contextlib.contextmanager
def step(code, place):  # What goes wrong inside is a finding: hostile bytes neither end nor pass it.
    try:
        yield
    except OSError:
        raise  # the machine's problem: nothing can be said
    except Exception as wrong:
        find(code, place, str(wrong) if type(wrong) is AssertionError else repr(wrong)[:200])

def unbase64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 that is not in its one form")
    return data

def ssh(*parts): return b"".join(len(part).to_bytes(4, "big") + part for part in parts)  # RFC 4251, 5

def canonical(data):  # RFC 8785; whole numbers, and no booleans, since Python takes True for 1
    value = json.loads(data.decode(), parse_float=int, parse_int=lambda digits: int(digits[:17]))
    made = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data)
    demand(made == data and not re.search(b"true|false|N|I", bare), "JSON of another form")
    return value

def walk(at=""):  # step 1: what is there; a folder that no bundle has is a finding, and not entered
    for entry in os.scandir(os.path.join(log.folder, at)):
        path, info = at + entry.name, entry.stat(follow_symlinks=False)
        junction = getattr(info, "st_file_attributes", 0) & 0x400  # a link of Windows
        if stat.S_ISREG(info.st_mode) and not junction:
            files[path] = None
        elif stat.S_ISDIR(info.st_mode) and not junction and path in FOLDERS:
            walk(path + "/")
        else:
            code = "unlisted" if stat.S_ISDIR(info.st_mode) and not junction else "kind"
            find("bundle-file-" + code, path, "no bundle has such a folder, link or device")
        if len(files) + len(found) > ENTRIES: raise OSError("more files than it keeps in mind")

def pieces(path, limit=1 << 62):
    demand(path in files, "%s is not there" % path)
    with open(os.path.join(log.folder, path), "rb") as file:
        while piece := file.read(1 << 20):
            demand(file.tell() <= limit, "%s is larger than any such file" % path)
            yield piece

def read(path, limit=SMALL): return b"".join(pieces(path, limit))

def digests(pieces):
    sha256, blake2b, size = hashlib.sha256(), hashlib.blake2b(), 0
    for piece in pieces:
        sha256.update(piece), blake2b.update(piece)
        size += len(piece)
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
    files.update((path, digests(pieces(path))) for path in files)
    payload = {path for path in files if path.startswith("data/")}
    manifest("manifest-sha256.txt", "sha256", payload)
    manifest("b2sums.txt", "blake2b512", payload)
    manifest(SEALS[0], "sha256", set(files) - payload - set(SEALS))
    with step("bundle-form", "bag-info.txt"):
        text = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        demand(read("bagit.txt") == text, "bagit.txt is not the declaration of a bag")
        facts = re.escape(log.origin), sum(files[path]["size"] for path in payload), len(payload)
        text = ("Bag-Software-Agent: .+\nBagging-Date: [0-9-]{10}\nExternal-Description: .+\n"
                "External-Identifier: %s\nPayload-Oxum: %d[.]%d\n" % facts)
        demand(re.fullmatch(text, read("bag-info.txt").decode()), "its five fields are not right")

def ed25519(key, signature, message):  # openssl takes keys of small order, which sign everything
    heights = {int.from_bytes(point, "little") % 2**255 for point in (key, signature[:32])}
    demand(len(signature) == 64 and not heights & NOBODYS, "a key or signature of nobody's")
    der = bytes.fromhex("302a300506032b6570032100") + key  # RFC 8410
    command = "openssl pkeyutl -verify -pubin -rawin -keyform DER".split()
    for option, data in (("-inkey", der), ("-sigfile", signature), ("-in", message)):
        command += [option, os.path.join(log.scratch, option)]
        with open(command[-1], "wb") as file: file.write(data)
    ran = subprocess.run(command, capture_output=True)
    demand(ran.returncode == 0 and b"Verified Succ" in ran.stdout, "the signature does not hold")

def sshsig(armoured, namespace, message):  # leaf.md: all but its last 64 bytes follows from the key
    signature = base64.b64decode(b"".join(armoured.split(b"\n")[1:-2]))[-64:]
    blob = ssh(log.actor, namespace, b"", b"sha512", ssh(b"ssh-ed25519", signature))
    text = b"\n".join(re.findall(b".{1,70}", base64.b64encode(b"SSHSIG\0\0\0\1" + blob)))
    text = b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n" % text
    demand(armoured == text, "the signature has another form, key or purpose")
    signed = ssh(namespace, b"", b"sha512", hashlib.sha512(message).digest())
    ed25519(log.actor[-32:], signature, b"SSHSIG" + signed)

@functools.lru_cache(4)  # most proofs of a bundle lead to one checkpoint
def note(data):  # log.md, Checkpoints: size and root, if the log's key has signed them
    body, gap, tail = data.decode().rpartition("\n\n")
    signed = re.findall("\u2014 ([^\\s+]+) (\\S+)\n", tail)
    demand(len(data) <= 64 << 10 and len(signed) <= 64 and not re.search("[\0-\t\v-\x1f]", body + tail)
           and tail == "".join("\u2014 %s %s\n" % one for one in signed), "no signed note")
    blobs = [(name, unbase64(blob)) for name, blob in signed]
    ours = [blob for name, blob in blobs if (name, blob[:4].hex()) == (log.origin, log.key_id)]
    for blob in ours: ed25519(log.key, blob[4:], (body + "\n").encode())
    origin, size, root, *extensions = body.split("\n")
    demand(ours and len(ours) == len(blobs) and origin == log.origin, "not signed by the log, and alone")
    demand(re.fullmatch("0|[1-9][0-9]{0,18}", size) and all(extensions), "lines of another form")
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

def consistency(later):  # log/checkpoint is the beginning of the later one
    size, hashes, checkpoint, later_size, root = opened(SEALS[4], "old")
    demand((size, checkpoint) == (log.size, later) and 0 < size < later_size, "between other states")
    at, last, hashes = size - 1, later_size - 1, [log.root] * (size & size - 1 == 0) + hashes
    while at & 1: at, last = at >> 1, last >> 1
    demand(climb(at, last, hashes[0], hashes[1:]) == (log.root, root), "another log's beginning")

def keys():  # step 3, and the actor's key, which leaf 0 names
    with step("bundle-form", "log/vkey"):
        log.vkey, end = read("log/vkey").decode().split("\n")
        log.origin, log.key_id, key = log.vkey.split("+", 2)
        kind, log.key = unbase64(key)[:1], unbase64(key)[1:]
        made = hashlib.sha256(log.origin.encode() + b"\n" + kind + log.key).hexdigest()[:8]
        demand((end, kind, made, len(log.key)) == ("", b"\1", log.key_id, 32), "no key of a log")
    with step("bundle-policy", "log/policy"):
        demand(read("log/policy").decode() == "log %s\nquorum none\n" % log.vkey, "it asks for more")
    if log.trust != log.vkey:
        code, kind = ("unchecked", "notice") if log.trust is None else ("untrusted", "fault")
        find("bundle-key-" + code, "log/vkey", "compare it with what the maker told you", kind)
    with step("bundle-leaf", "log/leaves/00000000.leaf"):
        actor = json.loads(read("log/leaves/00000000.leaf").partition(b"\n")[0])["actor_key"]
        log.actor = unbase64(actor.partition("ssh-ed25519 ")[2])
        demand(log.actor == ssh(b"ssh-ed25519", log.actor[-32:]), "it names no key of an actor")
        with step("bundle-form", "log/allowed_signers"):
            text = 'actor namespaces="casefile-leaf@v1,casefile-bundle@v1" %s\n' % actor
            demand(read("log/allowed_signers").decode() == text, "it names another key than leaf 0")

def record(path):  # step 5: a leaf's record, if its form and signature hold
    line, end, signature = read(path, 65_535).partition(b"\n")
    sshsig(signature, b"casefile-leaf@v1", line + end)
    value = canonical(line)
    fields = "actor log time tool type v " + FIELDS[value["type"]]
    demand(value["v"] == 1 and set(value) == set(fields.split()), "a field is missing or unknown")
    actor = "SHA256:" + base64.b64encode(hashlib.sha256(log.actor).digest()).decode().rstrip("=")
    demand((value["log"], value["actor"]) == (log.origin, actor), "of another log or actor")
    demand(re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", value["time"]), "its time has not the one form")
    return value

def records():  # steps 4 and 5
    with step("bundle-proof", "log/checkpoint"):
        checkpoint = read("log/checkpoint")
        log.size, log.root = note(checkpoint)
    for path in [path for path in files if path.startswith("log/leaves/")]:
        with step("bundle-leaf", path):
            value, index, at = record(path), int(path[11:-5]), "log/proofs/%s.tlog-proof" % path[11:-5]
            key = None if index else log.vkey  # which leaf 0 has, the genesis record, and no other
            demand(value.get("log_key") == key and value["type"] != "export", "not to be here")
            with step("bundle-proof", at):
                demand(proof(at, read(path)) == (index, checkpoint), "of another record or state")
                proved[index] = value

@step("bundle-exhibit", "exhibits.jsonl")
def exhibits():  # step 8; a line follows from its number, name, leaves and the files
    for place, line in enumerate(read("exhibits.jsonl", LIST).splitlines(True), 1):
        with step("bundle-exhibit", "exhibits.jsonl, line %d" % place):
            one = canonical(line[:-1])
            item, reading, number, about = one["item"], one["reading"], one["number"], one["leaves"]
            path = re.sub("[^A-Za-z0-9._-]", "_", one["name"].split("/")[-1][-60:])
            path = "data/items/%06d-%s" % (number, path)
            used.update(["log/leaves/%08d.leaf" % index for index in about], [path, reading],
                        ["log/proofs/%08d.tlog-proof" % index for index in about])
            demand(number > next(reversed(items), 0), "numbers do not rise")
            items[number] = item["sha256"]
            demand(len(one) == 6 and one["path"] == path and item == files[path], "not its file")
            demand(reading in (None, "data/readings/%06d.json" % number), "not its reading's name")
            about = [proved[index] for index in about]
            names = [record["name"]["text"] for record in about if record["item"] == item]
            read_as = [record["reading"] for record in about if record["item"] == item["sha256"]]
            demand(one["name"] in names and len(names + read_as) == len(about), "not its records")
            demand(read_as == [files[path] for path in [reading] if path], "not what was read")
            with step("bundle-reading", reading):
                reading is None or spans(json.loads(read(reading, LIST).decode()), path, item)
    for path in set(files) - used: find("bundle-exhibit", path, "it belongs to no exhibit")

def spans(reading, path, item):  # where an item is its own text, a figure's words stand where it says
    demand((reading["item"], reading["item_size"]) == (item["sha256"], item["size"]), "not its item")
    with open(os.path.join(log.folder, path), "rb") as file:
        for figure in reading["figures"] if reading["text"] is None else []:
            words, place = figure["text"].encode(), file.seek(max(figure["start"], 0))
            demand(file.read(len(words)) == words and file.tell() == figure["end"]
                   and place == figure["start"], "a figure's words are not where it says")

@step("bundle-opening", "openings.jsonl")
def openings():  # step 9
    used.add("openings.jsonl")
    for line in read("openings.jsonl", LIST).splitlines(True) if "openings.jsonl" in files else []:
        one = canonical(line[:-1])
        text = "\n".join(("casefile commitment v1", one["field"], one["salt"], one["value"]))
        made = hashlib.sha256(text.encode()).hexdigest()
        demand(len(one) == 4 and made == proved[one["leaf"]]["withheld"][one["field"]], "not opened")
        demand(re.fullmatch("[0-9a-f]{64}", one["salt"]) and "\n" not in one["field"], "another form")
        disclosed.add(one["field"])

def export():  # steps 6 and 7; what the record of the export must say follows from the bundle
    with step("bundle-signature", SEALS[1]): sshsig(read(SEALS[1]), b"casefile-bundle@v1", read(SEALS[0], LIST))
    with step("bundle-leaf", SEALS[2]):
        value = record(SEALS[2])
        with step("bundle-proof", SEALS[3]):
            index, checkpoint = proof(SEALS[3], read(SEALS[2]))
            demand(index >= log.size, "it is before log/checkpoint")
            with step("bundle-fork", SEALS[4]): consistency(checkpoint)
        with step("bundle-export", SEALS[2]):
            listed = json.dumps(list(items.values()), separators=(",", ":")).encode()
            made = dict(value, type="export", tagmanifest=files[SEALS[0]]["sha256"],
                        signature=files[SEALS[1]]["sha256"], items=len(items), tree_size=log.size,
                        list=digests([listed]), disclosed=sorted(disclosed))
            wrong = [field for field in value if value[field] != made[field]]
            demand(not wrong, "not of this bundle: %s" % wrong)

def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder"), parser.add_argument("--trust", metavar="KEY")
    parser.parse_args(namespace=log)
    try:
        if not re.match(rb"OpenSSL ([3-9]|\d\d)", subprocess.check_output(["openssl", "version"])):
            raise OSError("it needs the openssl command, from version 3 on")
        with tempfile.TemporaryDirectory() as log.scratch:
            for check in (walk, keys, bag, records, openings, exhibits, export): check()
    except OSError as wrong:
        return print("nothing can be said:", ascii(str(wrong)), file=sys.stderr) or 2
    faults = [line for line in found.values() if line.startswith("fault")]
    print(*found.values(), "DOES NOT HOLD" if faults else "HOLDS", sep="\n")
    print("%d records, %d exhibits; key of the log: %a" % (len(proved), len(items), log.vkey))
    return 1 if faults else 0

if __name__ == "__main__": sys.exit(main())
