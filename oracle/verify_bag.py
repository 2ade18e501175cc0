"""The files of a bundle, as a bag (RFC 8493), and what is found about them. verify.py uses this file.

Written from docs/format/bundle.md, steps 1 and 2. It follows no link and opens nothing outside the folder.
"""
import contextlib, os, re, stat
from hashlib import blake2b, sha256

from verify_log import demand

LIST_LIMIT_BYTES = 128 << 20  # of a manifest, list or reading
SMALL_LIMIT_BYTES = 128 << 10  # of a note, leaf or proof
FILES_LIMIT = 1_000_000
SEALS = "tagmanifest-sha256.txt tagmanifest-sha256.txt.sig export.leaf export.tlog-proof export.consistency".split()
REQUIRED = SEALS + """README.txt bag-info.txt bagit.txt b2sums.txt case.jsonld custody.html exhibits.jsonl index.html
    log/allowed_signers log/checkpoint log/leaves/00000000.leaf log/policy log/proofs/00000000.tlog-proof log/vkey
    manifest-sha256.txt premis.xml ro-crate-metadata.json
    verify.py verify_bag.py verify_leaf.py verify_log.py verify_mldsa.py verify_origins.py""".split()
FOLDERS = "data data/items data/readings log log/cosigned log/evidence log/leaves log/proofs log/timestamps".split()
ORIGINS = re.compile("(?:origins/(?:[0-9]{8}|[1-9][0-9]{8,})/){0,9}(?:origins/|log/(?:leaves/|proofs/)?)?")  # folders
DAY = "[0-9]{4}(?:-[0-9]{2}){2}"

folder = None  # where the bundle is
files, found = {}, {}  # digests by path; findings by code and place

# Findings

def find(code, place, sentence, kind="fault"):
    found[code, place] = "%-6s  bundle-%s  " % (kind, code) + ascii("%s: %s" % (place, sentence))[1:-1]

@contextlib.contextmanager
def step(code, place):  # What goes wrong inside is a finding: hostile bytes neither end nor pass it.
    try:
        yield
    except OSError:  # the machine's problem: nothing can be said
        raise
    except Exception as wrong:
        find(code, place, str(wrong) if type(wrong) is AssertionError else repr(wrong)[:200])


# Files

def walk(at=""):  # step 1: what is there; a folder that no bundle has is a finding, and not entered
    for entry in os.scandir(os.path.join(folder, at)):
        path, info = at + entry.name, entry.stat(follow_symlinks=False)
        kind = stat.S_IFMT(info.st_mode) * (not getattr(info, "st_file_attributes", 0) & 0x400)  # a link of Windows
        if kind == stat.S_IFREG:
            files[path] = digests(pieces(path))
        elif kind == stat.S_IFDIR and (path in FOLDERS or ORIGINS.fullmatch(path + "/")):
            walk(path + "/")
        else:
            find("file-unlisted" if kind == stat.S_IFDIR else "file-kind", path, "no bundle has it")
        if len(files) + len(found) > FILES_LIMIT:
            raise OSError("more files than it keeps in mind")

def pieces(path, limit=1 << 62):
    with open(os.path.join(folder, path), "rb") as file:
        while piece := file.read(1 << 20):
            demand(file.tell() <= limit, "%s is larger than any such file" % path)
            yield piece

def read(path, limit=SMALL_LIMIT_BYTES):
    demand(path in files, "%s is not there" % path)
    return b"".join(pieces(path, limit))

def listed(path):
    *lines, end = read(path, LIST_LIMIT_BYTES).split(b"\n")
    demand(not end, "its last line does not end")
    return lines

def digests(pieces):
    sha, blake = sha256(), blake2b()
    size = sum(sha.update(piece) or blake.update(piece) or len(piece) for piece in pieces)
    return {"sha256": sha.hexdigest(), "blake2b512": blake.hexdigest(), "size": size}


# The bag

def manifest(name, which, paths):  # It has one form, so it is made anew from the files and compared.
    with step("form", name):
        made, text = {path: files[path][which] for path in sorted(paths)}, read(name, LIST_LIMIT_BYTES).decode()
        listed = dict(line.split("  ", 1)[::-1] for line in text.splitlines())
        for path in sorted({path for path, _ in made.items() ^ listed.items()}):
            code = "file-missing" if path not in made else "digest" if path in listed else "file-unlisted"
            find(code, path, name + " says otherwise")
        lines = "".join("%s  %s\n" % one[::-1] for one in made.items())
        demand(made != listed or text == lines, "not of its one form")

def manifests(origin, case):  # steps 1 and 2
    for path in sorted(set(REQUIRED) - set(files)):
        find("file-missing", path, "every bundle has it")
    payload = {path for path in files if path.startswith("data/")}
    manifest("manifest-sha256.txt", "sha256", payload)
    manifest("b2sums.txt", "blake2b512", payload)
    manifest(SEALS[0], "sha256", set(files) - payload - set(SEALS))
    with step("form", "bag-info.txt"):
        size, case = sum(files[path]["size"] for path in payload), re.sub("[\r\n]", " ", case)
        text = "%s\nExternal-Identifier: %s\nPayload-Oxum: %d.%d\n" % (case, origin, size, len(payload))
        before = "Bag-Software-Agent: .*\nBagging-Date: %s\nExternal-Description: Exhibits of the case " % DAY
        demand(re.fullmatch(before + re.escape(text), read("bag-info.txt").decode()), "other facts")
        demand(read("bagit.txt") == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "no bag")
