"""The records of a bundle: their form, their signatures, and whether their makers might sign. verify.py uses this file.

Written from docs/format/leaf.md. Nothing here opens a file of a bundle: verify.py hands over its bytes.
"""
import json, re
from base64 import b64encode
from hashlib import sha256, sha512

from verify_log import demand, unbase64, verify

NEVER = 1 << 64  # above the index of every leaf
ABOUT_ACTORS = "enrolment revocation two_person approval disclosure recovery".split()  # types of records


# "Record": forms of JSON, as regular expressions. A kind in capitals may be null; a word is its own form.

TEXT, HASH, DAY = r'"[^"\\]*(?:\\.[^"\\]*)*"', '"[0-9a-f]{64}"', "[0-9]{4}(?:-[0-9]{2}){2}"
KINDS = dict(s=TEXT, h=HASH, b='"[0-9a-f]{128}"', i="(?:0|[1-9][0-9]{0,15})", v="1", y="(?:true|false)",
             p='"(?:person|machine)"', t='"%sT[0-9]{2}(?::[0-9]{2}){2}Z"' % DAY)

def form(fields):  # of an object with these fields, NAME:KIND or NAME?:KIND, in canonical order, the first a must
    pairs = sorted(field.split(":") for field in fields.split())
    parts = [(name, ',"%s":%s' % (name.rstrip("?"), KINDS.get(kind, '"%s"' % kind))) for name, kind in pairs]
    return r"\{%s\}" % "".join("(?:%s)?" % part if "?" in name else part for name, part in parts)[1:]

def many(one, ends=r"\[%s\]"):
    return ends % ("(?:%s(?:,%s)*)?" % (one, one))


KINDS.update(d=form("sha256:h blake2b512:b size:i"), c=many(form("key:s time:s")), j=many(KINDS["i"]), l=many(TEXT))
KINDS.update({kind.upper(): "(?:null|%s)" % KINDS[kind] for kind in "sid"}, k=form("key_file:d"))
KINDS.update(m=form("bytes:S text:s"), w=many(TEXT + ":" + HASH, r"\{%s\}"), a=many(form("name:s share:d")))
KINDS.update(f=form("leaf:i tagmanifest:h"))
RECORD = "|".join(form("actor:s log:s time:t tool:s v:v type:" + fields.strip()) for fields in """
    genesis case:s actor_key:s actor_name:s log_key:s log_key_pq?:s; reading item:h reading:d reader:s figures:i problems:l;
    capture sealed?:k received?:f item:d name:m method:s file_modified:S source:S address:S obtained:S note:S withheld:w;
    erasure item:h key_file:d openings:l reason:s; enrolment key:s kind:p name:s; revocation from?:i key:s reason:s;
    recovery holders:a key:s recipient:s threshold:i;
    two_person on:y; approval hash:h leaf:i; disclosure fields:l list:h; cosigner key:s who?:s;
    cosigned by:c checkpoint:d size:i; timestamp_request about:s stamped:d request:d tree_size:i root:h renews:I;
    timestamp request:i tree_size:i root:h reply:d certificates:d revocations:D authority:s gen_time:s policy:s serial:s
    accuracy_micros:I; export tagmanifest:h signature:h items:i list:d tree_size:i disclosed:l actors?:h disclosure?:i;
    received origin:s log_key:s tagmanifest:h export:i tree_size:i root:h items:i list:d parts:d actors?:h;
    acknowledged export:i origin:s log_key:s leaf:i hash:h since:s items:i receipt:d
    """.split(";"))

def spell(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def canonical(data, form):  # RFC 8785
    value = json.loads(data.decode()) if re.fullmatch(form, data.decode()) else None
    demand(value is not None and spell(value) == data, "JSON of another form, or not in its one spelling")
    return value


# "Framing and signature": SSH signatures by actors

def ssh(*parts):  # RFC 4251, section 5
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

def actor(text):  # of a public key's line: fingerprint, kind, key and, of a security key, its application in a list
    kind, blob = text.split(" ")[0].encode(), unbase64(text.split(" ", 1)[1])
    at = 8 + len(kind)  # behind two lengths
    raw, device = blob[at:at + 32], [blob[at + 36:]] if blob[at + 32:] else []
    known = kind == (b"sk-ssh-ed25519@openssh.com" if device else b"ssh-ed25519") and ssh(kind, raw, *device) == blob
    demand(known and len(raw) == 32 and len(b"".join(device).decode().encode()) <= 128, "no key of an actor")
    return "SHA256:" + b64encode(sha256(blob).digest()).decode().rstrip("="), kind, raw, device

def sshsig(armoured, namespace, message, key_line):  # The signature is put together again: it has one spelling.
    _, kind, raw, device = actor(key_line)
    blob = unbase64(b"".join(armoured.split(b"\n")[1:-2]).decode())
    made, touch = (blob[-69:-5], blob[-5:]) if device else (blob[-64:], b"")
    blob = ssh(ssh(kind, raw, *device), namespace, b"", b"sha512", ssh(kind, made) + touch)
    lines = b"\n".join(re.findall(b".{1,70}", b64encode(b"SSHSIG\0\0\0\1" + blob)))
    text = b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n"
    demand(armoured == text % lines, "the signature has another form, key or purpose")
    signed = b"SSHSIG" + ssh(namespace, b"", b"sha512", sha512(message).digest())
    if device:  # PROTOCOL.u2f of OpenSSH
        demand(touch[0] & 1, "the security key was not touched")
        signed = sha256(device[0]).digest() + touch + sha256(signed).digest()
    verify(b"\1" + raw, made, signed)


# "Who may sign": its seven rules

def is_name(text):
    return re.fullmatch("[^\0-\x1f\x7f-\x9f]+", text) and text == text.strip() and len(text.encode()) <= 100


class Roster:
    """Whose keys might sign after the leaves so far: `admit` takes them in order, and refuses what has no effect."""

    def __init__(self):
        self.keys, self.rule = {}, False  # by fingerprint; whether the rule of two persons is in force
        self.about, self.pending, self.disclosures = [], {}, {}  # indexes; acts that wait; what two persons allowed
        self.erasures = set()  # indexes of those that took effect

    def enrol(self, index, one, by):  # by: which keys brought it in, each with the leaf that did
        self.keys[actor(one["key"])[0]] = dict(one, at=index, gone=NEVER, since=NEVER, by=by)

    def line_of(self, fingerprint):
        demand(fingerprint in self.keys, "by a key that is not on the roster")
        return self.keys[fingerprint]["key"]

    def admit(self, index, one, leaf):
        """The record `one` of this index, with the bytes `leaf`, whose own signature holds."""
        signer, kind = self.keys[one["actor"]], one["type"]
        weighs = kind in ABOUT_ACTORS or kind == "erasure" and self.rule
        if weighs:
            self.about.append(index)
        demand(signer["gone"] == NEVER, "by a key that was not to sign")  # rule 1
        recovers = "recovery" in signer  # rule 7
        demand(not recovers or kind in ("enrolment", "revocation"), "a recovery key changes keys alone")
        if kind == "erasure" and not self.rule:
            self.erasures.add(index)
        if not weighs:
            return
        demand(signer["kind"] == "person" or recovers, "a machine decides nothing about keys")  # rule 3
        act, at, by = one, index, [(one["actor"], index)]
        if kind == "approval":  # rule 5
            at = one["leaf"]
            act, digest = self.pending.get(at, (one, None))
            other = self.keys[act["actor"]]["name"] != signer["name"]
            demand(digest == one["hash"] and other, "it approves nothing")
            by.append((act["actor"], at))
        falling = self.possible(index, act)
        self.pending[index] = one, sha256(b"\0" + leaf).hexdigest()
        if self.rule and kind != "approval" and not one.get("on") and not recovers:
            return  # it waits for a second person
        self.take_effect(index, at, act, falling, by)
        there = lambda signed: self.keys[signed["actor"]]["gone"] == NEVER
        self.pending = {wait: one for wait, one in self.pending.items() if wait not in (index, at) and there(one[0])}

    def possible(self, index, one):  # rules 2 to 5: whether an act can be, and which keys fall with it
        kind, falling = one["type"], []
        if kind == "enrolment":
            name = one["name"]
            alike = all(key["kind"] == one["kind"] for key in self.keys.values() if key["name"] == name)
            fresh = actor(one["key"])[0] not in self.keys
            demand(is_name(name) and alike and fresh, "no name, a person's and a machine's, or enrolled before")
        elif kind == "revocation":
            key, first = self.keys[one["key"]], one.get("from", NEVER)
            timely = first == NEVER or key["at"] < first <= index
            fresh = key["gone"] == NEVER or first < key["since"]
            demand(timely and fresh, "revoked before, or a leaf that is none of the key's time")
            falling = self.falling(one["key"], first)
        elif kind == "recovery":
            names = [holder["name"] for holder in one["holders"]]
            fits = len({*names}) == len(names) <= 16 and 2 <= one["threshold"] <= len(names)
            key = re.fullmatch("age1[a-z0-9]{58}", one["recipient"]) and actor(one["key"])[0] not in self.keys
            demand(fits and key and all(map(is_name, names)), "no recovery key, or holders that cannot be")
        left = {key["name"] for fingerprint, key in self.keys.items()
                if fingerprint not in falling and (key["kind"], key["gone"]) == ("person", NEVER)}
        enough = len(left) > (self.rule or kind == "two_person")
        demand(enough and one.get("on") is not self.rule, "too few persons are left, or it changes nothing")
        return falling

    def falling(self, fingerprint, since):  # rule 4: with a key go those that it helped to enrol
        falling = [fingerprint]
        for gone in falling:  # which grows
            falling += [other for other, key in self.keys.items() if other not in falling and
                        any(by == gone and leaf >= since for by, leaf in key["by"])]
            since = 0
        return falling

    def take_effect(self, index, at, act, falling, by):  # at: the act's own leaf
        if act["type"] == "enrolment":
            self.enrol(index, act, by)
        for fingerprint in falling:
            key = self.keys[fingerprint]
            since = act.get("from", NEVER) if fingerprint == act["key"] else key["at"] + 1
            key.update(gone=min(key["gone"], index), since=since)
        if act["type"] == "disclosure":
            self.disclosures[at] = act
        if act["type"] == "recovery":
            for key in self.keys.values():
                key.update(gone=min(key["gone"], index) if "recovery" in key else key["gone"])
            name = "recovery, %d of %d" % (act["threshold"], len(act["holders"]))
            self.enrol(index, dict(name=name, key=act["key"], kind="machine", recovery=True), by)
        if act["type"] == "erasure":
            self.erasures.add(at)
        self.rule = act.get("on", self.rule)

    def discloses(self, export):  # rule 6
        if self.rule and export["disclosed"]:
            allowed = self.disclosures[export["disclosure"]]
            fits = allowed["list"] == export["list"]["sha256"] and {*export["disclosed"]} <= {*allowed["fields"]}
            demand(fits, "one person alone discloses")
