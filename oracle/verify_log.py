"""The log's side of a bundle's check: checkpoints, proofs, cosignatures, policies. verify.py uses this file.

Written from docs/format: log.md and cosigner.md, and from C2SP tlog-policy. Nothing here opens a file of a bundle:
verify.py hands over its bytes. The arithmetic of keys is the openssl command's, and verify_mldsa.py's.
"""
import functools, os, re, subprocess, time
from base64 import b64decode, b64encode
from hashlib import sha256

import verify_mldsa

NOTE_LIMIT_BYTES = 64 << 10
ED25519_DER = "302a300506032b6570032100"  # RFC 8410: what stands before a key
KEYS = {1: (32, 64), 4: (32, 64)}  # bytes of keys and signatures by type, of C2SP signed-note (1) and
KEYS[6] = verify_mldsa.KEY, verify_mldsa.SIGNATURE  # tlog-cosignature (4, 6)
scratch = None  # a folder for what openssl is to read: verify.py makes it

def demand(holds, sentence):
    if not holds:
        raise AssertionError(sentence)

def unbase64(text):
    data = b64decode(text, validate=True)
    demand(b64encode(data).decode() == text, "base64 that is not in its one form")
    return data


# The openssl command

def openssl(*words):  # what it says, or nothing where it fails
    ran = subprocess.run(["openssl", *words], capture_output=True)
    return b"" if ran.returncode else ran.stdout

@functools.lru_cache(None)
def openssl_version():
    version = openssl("version").partition(b"OpenSSL ")[2]
    return [int(part) for part in re.findall(rb"\d+", version)]

def verify(key, signature, message):  # key: its type, then its bytes
    demand(len(signature) == KEYS[key[0]][1], "a signature of another length")
    if key[0] == 6:
        return demand(verify_mldsa.holds(key[1:], message, signature), "the ML-DSA signature does not hold")
    command = "pkeyutl -verify -pubin -rawin -keyform DER".split()
    for option, data in ("-inkey", bytes.fromhex(ED25519_DER) + key[1:]), ("-sigfile", signature), ("-in", message):
        path = os.path.join(scratch, option)
        command += [option, path]
        with open(path, "wb") as file:
            file.write(data)
    demand(b"Verified Successfully" in openssl(*command), "the signature does not hold")


# log.md, "Checkpoints": signed notes

def key_of(vkey, *types):  # a key's name and id, which stand on its lines, and the key behind its type
    name, key_id, key = vkey.split("+", 2)
    key = unbase64(key)
    fits = key[0] in types and len(key) == 1 + KEYS[key[0]][0] and re.fullmatch(r"[^\s+]+", name)
    demand(fits and sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id, "no key of this kind")
    return (name, bytes.fromhex(key_id)), key

def keys_of(text):  # what log/vkey holds: the log's name, its keys, and how they may be told
    *keys, end = text.split("\n")
    (origin, _), _ = key_of(keys[0], 1)
    second = [key_of(key, 6)[0][0] for key in keys[1:]]
    demand(not end and second in ([], [origin]), "more than a key of each kind, or of another name")
    told = [keys[0], *(sha256(key.encode()).hexdigest() for key in keys[1:])]
    return origin, tuple(keys), {keys[0], ",".join(told), "\n".join(keys)}

def named_keys(record):  # by a record that opens a log
    return tuple(record[name] for name in ("log_key", "log_key_pq") if name in record)

def lines_of(note):  # its text, and its lines: who signs (name and id), with what
    body, _, tail = note.decode().rpartition("\n\n")
    demand(len(note) <= NOTE_LIMIT_BYTES and not re.search("[\0-\t\v-\x1f]", body + tail), "no signed note")
    lines = re.findall("\u2014 ([^\\s+]+) (\\S+)\n", tail)[:64]
    demand(lines and "".join("\u2014 %s %s\n" % line for line in lines) == tail, "no signature lines of a note")
    lines = [((name, unbase64(blob)[:4]), unbase64(blob)[4:]) for name, blob in lines]
    demand(all(blob for _, blob in lines), "a signature line without a signature")
    return body, lines

@functools.lru_cache(8)  # most proofs of a bundle lead to one checkpoint
def checkpoint(note, keys, others=False):  # size and root, if each key has signed; others: may anyone else too
    who, key = key_of(keys[0], 1)
    body, lines = lines_of(note)
    mine, known = [blob for signer, blob in lines if signer == who], {key_of(one, 1, 6)[0] for one in keys}
    demand(mine and (others or known >= {signer for signer, _ in lines}), "not signed by the log, or by another too")
    demand(all([*cosignatures(one, note)] for one in keys[1:]), "not signed by the log's second key")
    for blob in mine:
        verify(key, blob, (body + "\n").encode())
    origin, size, root, *more = body.split("\n")
    demand(origin == who[0] and all(more) and re.fullmatch("0|[1-9][0-9]{0,18}", size), "of another log or form")
    return int(size), unbase64(root)


def short(note, keys):  # without the line of the second key, which is the last: so the proofs of records have it
    _, lines = lines_of(note)
    last = [key_of(one, 6)[0] for one in keys[1:]] == [lines[-1][0]]
    return note[:note.rindex(b"\n", 0, -1) + 1] if last else note


# log.md, "Proofs"

def climb(first, size, hashes, node, leaf=False):  # RFC 6962, 2.1: roots of a tree's first leaves, and of all of it
    if first == size and (size == 1 or not leaf):  # node: a leaf, the last of the first ones; or the root of these
        return (node or hashes.pop(0),) * 2
    half = 1 << (size - 1).bit_length() - 1
    if first > half:
        roots, left = climb(first - half, size - half, hashes, leaf and node, leaf), hashes.pop(0)
        return tuple(sha256(b"\1" + left + right).digest() for right in roots)
    old, new = climb(first, half, hashes, node, leaf)
    return old, sha256(b"\1" + new + hashes.pop(0)).digest()

def opened(data, form, keys):  # a proof file's number, hashes, and checkpoint with size and root
    head, _, note = data.partition(b"\n\n")
    number, hashes = re.fullmatch(form + " (0|[1-9][0-9]{0,18})((?:\n.+)*)", head.decode()).groups()
    hashes = [unbase64(one) for one in hashes.split("\n")[1:]]
    demand(all(len(one) == 32 for one in hashes), "a hash of another length")
    return int(number), hashes, note, *checkpoint(note, keys)

def inclusion(data, leaf, keys):  # index and checkpoint, if the leaf is in its tree
    index, hashes, note, size, root = opened(data, "c2sp.org/tlog-proof@v1\nindex", keys)
    holds = index < size and climb(index + 1, size, hashes, sha256(b"\0" + leaf).digest(), True)[1] == root
    demand(holds and not hashes, "the record is not in the log as the proof says")
    return index, note

def consistency(data, size, root, later, keys):  # that a log of this size and root is the later's beginning
    old, hashes, note, later_size, later_root = opened(data, "old", keys)
    demand((old, note) == (size, later) and 0 < size < later_size, "between other states")
    demand(climb(size, later_size, hashes, root) == (root, later_root) and not hashes, "another log's beginning")


# cosigner.md, "The answer": cosignatures over a checkpoint

def cosignatures(vkey, note):  # for each line by a key, which must hold: its time
    (who, key), (body, lines) = key_of(vkey, 4, 6), lines_of(note)
    origin, size, root = body.split("\n")[:3]
    sized = lambda text: bytes([len(text.encode())]) + text.encode()
    for blob in [blob for signer, blob in lines if signer == who]:
        seconds = int.from_bytes(blob[:8], "big")
        demand(seconds < 1 << 63 and sized(who[0]), "a signature of another kind")
        message = b"cosignature/v1\ntime %d\n%s\n" % (seconds, body.encode())
        if key[0] == 6:
            message = b"subtree/v1\n\0" + sized(who[0]) + blob[:8] + sized(origin) + bytes(8)
            message += int(size).to_bytes(8, "big") + unbase64(root)
        verify(key, blob[8:], message)
        dated = seconds < 253402300800  # the year 10000
        yield time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)) if dated else str(seconds)


# C2SP tlog-policy: whom a verifier trusts, in his own words

class Policy:
    """Keys of logs, those of cosigners by name, groups as (how many, of whom), and in a list the quorum's name."""

    def __init__(self, data):
        self.logs, self.cosigners, self.groups, self.quorum, members = [], {}, {}, [], set()
        text = data.decode()
        demand(len(data) <= 256 << 10 and re.fullmatch("(?:[\t -~\x80-\U0010ffff]*\n)*", text), "no text of a policy")
        for line in text.split("\n"):
            word, *rest = re.findall("[^ \t]+", line) or "#"
            known = {*self.cosigners, *self.groups}
            if word == "log" and len(rest) in (1, 2):
                self.logs.append(rest[0])
            elif word == "witness" and len(rest) in (2, 3) and rest[0] not in {"none", *known}:
                self.cosigners[rest[0]] = rest[1]
            elif word == "group" and len(rest) > 2 and rest[0] not in {"none", *known}:
                name, count, *those = rest
                count = {"all": len(those), "any": 1}.get(count) or int("0" + count)
                fits = 1 <= count <= len(those) == len({*those} - members) and known >= {*those}
                demand(fits, "a group of others than it may have: " + line)
                self.groups[name] = count, those
                members.update(those)
            elif word == "quorum" and len(rest) == 1 and rest[0] in {"none", *known}:
                self.quorum += rest
            else:
                demand(word.startswith("#"), "no line of a policy: " + line)
        keys = [*self.logs, *self.cosigners.values()]
        demand(len(self.quorum) == 1 and len({*keys}) == len(keys), "a key twice, or not one quorum")
        for name, key_id, key in [key.split("+", 2) for key in keys]:
            made = sha256(name.encode() + b"\n" + unbase64(key)).hexdigest()[:8]
            demand(unbase64(key)[0] not in KEYS or made == key_id, "a key with another key's id")

    def is_met_by(self, vkeys):  # a group stands behind its members, so that one pass will do
        signed = {name for name, key in self.cosigners.items() if key in vkeys}
        for name, (count, members) in self.groups.items():
            if len(signed & {*members}) >= count:
                signed.add(name)
        return self.quorum[0] in signed | {"none"}
