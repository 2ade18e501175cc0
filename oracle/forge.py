"""Makes a bundle anew as who holds all keys could: every record signed, every proof and list right, but
for one change; or with more records about who may sign, of which some count and some do not. Written from
docs/format alone; for oracle/agree.py, which asks both verifiers about it.

Nothing here is for making evidence: keys are fixed and known to all.
"""
import base64, functools, hashlib, json, pathlib, subprocess, tempfile

SEEDS = {"log": b"L" * 32, "actor": b"A" * 32, "ben": b"B" * 32, "eva": b"E" * 32, "robot": b"R" * 32, "new": b"N" * 32,
         "holders": b"H" * 32, "thief": b"T" * 32}
ORIGIN = "casefile/forged/00000000"
APPROVED = "the hash of the leaf"  # in an approval, until that leaf is made
ABOUT_ACTORS = "enrolment revocation two_person approval disclosure recovery".split()


def digest(data):
    return hashlib.sha256(data).digest()


def digests(data):
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
            "blake2b512": hashlib.blake2b(data).hexdigest()}


def b64(data):
    return base64.b64encode(data).decode()


def spell(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


@functools.lru_cache(None)
def key_file(who):
    """The secret key as PKCS 8 (RFC 8410) in a file, and the public key's 32 bytes."""
    file = tempfile.NamedTemporaryFile(suffix=".der")
    file.write(bytes.fromhex("302e020100300506032b657004220420") + SEEDS[who])
    file.flush()
    public = openssl("pkey", "-inform", "DER", "-in", file.name, "-pubout", "-outform", "DER")
    return file, public[-32:]


@functools.lru_cache(65536)
def sign(who, message):
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        return openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", key_file(who)[0].name,
                       "-rawin", "-in", file.name)


def ssh(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def actor_key(who="actor"):
    return "ssh-ed25519 " + b64(ssh(b"ssh-ed25519", key_file(who)[1]))


def fingerprint(who="actor"):
    return "SHA256:" + b64(digest(ssh(b"ssh-ed25519", key_file(who)[1]))).rstrip("=")


def sshsig(namespace, message, who="actor"):
    hashed = hashlib.sha512(message).digest()
    signature = sign(who, b"SSHSIG" + ssh(namespace, b"", b"sha512", hashed))
    public = ssh(b"ssh-ed25519", key_file(who)[1])
    blob = b64(b"SSHSIG\0\0\0\1" + ssh(public, namespace, b"", b"sha512", ssh(b"ssh-ed25519", signature)))
    lines = [blob[at:at + 70] for at in range(0, len(blob), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]).encode()


def vkey(origin=ORIGIN):
    key = b"\1" + key_file("log")[1]
    return "%s+%s+%s" % (origin, digest(origin.encode() + b"\n" + key)[:4].hex(), b64(key))


def signature_line(text, origin=ORIGIN):
    key_id = digest(origin.encode() + b"\n\1" + key_file("log")[1])[:4]
    return "\u2014 %s %s\n" % (origin, b64(key_id + sign("log", text.encode())))


# The tree (RFC 6962, section 2.1), by its definition.

def half(count):
    return 1 << (count - 1).bit_length() - 1


def root(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else digest(b"")
    at = half(len(hashes))
    return digest(b"\1" + root(hashes[:at]) + root(hashes[at:]))


def inclusion(index, hashes):
    if len(hashes) == 1:
        return []
    at = half(len(hashes))
    if index < at:
        return inclusion(index, hashes[:at]) + [root(hashes[at:])]
    return inclusion(index - at, hashes[at:]) + [root(hashes[:at])]


def consistency(size, hashes, whole=True):
    if size == len(hashes):
        return [] if whole else [root(hashes)]
    at = half(len(hashes))
    if size <= at:
        return consistency(size, hashes[:at], whole) + [root(hashes[at:])]
    return consistency(size - at, hashes[at:], False) + [root(hashes[:at])]


class Model:
    """A bundle taken apart. What is made when it is written can be changed on the way by `hooks`: a
    name of a step, to a function from what it made to what is taken in its place."""

    def __init__(self, bundle):
        bundle = pathlib.Path(bundle)
        self.files = {path.relative_to(bundle).as_posix(): path.read_bytes()
                      for path in bundle.rglob("*") if path.is_file()}
        take = self.files.pop
        self.records, self.hooks = [], {}
        self.signers, self.exporter = {}, "actor"  # by index, where it is not the first actor
        while "log/leaves/%08d.leaf" % len(self.records) in self.files:
            del self.files["log/proofs/%08d.tlog-proof" % len(self.records)]
            leaf = take("log/leaves/%08d.leaf" % len(self.records))
            self.records.append(json.loads(leaf.split(b"\n")[0]))
        self.exhibits = [json.loads(line) for line in take("exhibits.jsonl").splitlines()]
        self.openings = [json.loads(line) for line in take("openings.jsonl", b"").splitlines()]
        self.export = json.loads(take("export.leaf").split(b"\n")[0])
        for path in ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig", "export.tlog-proof",
                     "export.consistency", "manifest-sha256.txt", "b2sums.txt", "log/checkpoint"):
            del self.files[path]

    def hook(self, name, value):
        return self.hooks.get(name, lambda same: same)(value)

    def leaf(self, record, name, who="actor"):
        line = self.hook(name + ".line", spell(record)) + b"\n"
        return line + self.hook(name + ".sig", sshsig(b"casefile-leaf@v1", line, who))

    def checkpoint(self, hashes, name):
        text = "%s\n%d\n%s\n" % (ORIGIN, len(hashes), b64(root(hashes)))
        text = self.hook(name + ".text", text)
        return self.hook(name, text + "\n" + signature_line(text))

    def proof(self, index, hashes, checkpoint, name):
        lines = ["c2sp.org/tlog-proof@v1", "index %d" % index, *map(b64, inclusion(index, hashes)), ""]
        return self.hook(name, "\n".join(lines + [checkpoint])).encode()

    def write(self, folder):
        """Writes the bundle below `folder`, which must not exist."""
        files, name = dict(self.files), ORIGIN
        signers = [self.signers.get(at, "actor") for at in range(len(self.records))]
        records = [dict(record, log=name, actor=fingerprint(who)) for record, who in zip(self.records, signers)]
        records[0].update(actor_key=actor_key(), log_key=vkey())
        records[0].pop("log_key_pq", None)  # it signs with the first key alone
        records = self.hook("records", records)
        leaves = []
        for at, record in enumerate(records):
            if record.get("hash") == APPROVED:
                record = dict(record, hash=digest(b"\0" + leaves[record["leaf"]]).hex())
            leaves.append(self.leaf(record, "leaf%d" % at, self.signers.get(at, "actor")))
        hashes = [digest(b"\0" + leaf) for leaf in leaves]
        checkpoint = self.checkpoint(hashes, "checkpoint")
        for at, leaf in enumerate(leaves):
            files["log/leaves/%08d.leaf" % at] = leaf
            files["log/proofs/%08d.tlog-proof" % at] = self.proof(at, hashes, checkpoint, "proof%d" % at)
        files["log/checkpoint"] = checkpoint.encode()
        files["log/policy"] = self.hook("policy", "log %s\nquorum none\n" % vkey()).encode()
        files["log/vkey"] = self.hook("vkey", vkey() + "\n").encode()
        names = 'actor namespaces="casefile-leaf@v1,casefile-bundle@v1" '
        keys = dict.fromkeys([*signers, self.exporter])
        lines = "".join(names + actor_key(who) + "\n" for who in keys)
        files["log/allowed_signers"] = self.hook("allowed_signers", lines).encode()
        exhibits = self.hook("exhibits", self.exhibits)
        lines = [self.hook("exhibit%d.line" % at, spell(one)) for at, one in enumerate(exhibits)]
        text = b"".join(line + b"\n" for line in lines)
        files["exhibits.jsonl"] = self.hook("exhibits.jsonl", text)
        openings = self.hook("openings", self.openings)
        if openings:
            lines = [self.hook("opening%d.line" % at, spell(one)) + b"\n" for at, one in enumerate(openings)]
            files["openings.jsonl"] = self.hook("openings.jsonl", b"".join(lines))
        self.bag(files)
        tags = {path: data for path, data in files.items() if not path.startswith("data/")}
        tags = "".join("%s  %s\n" % (digest(tags[path]).hex(), path) for path in sorted(tags))
        tags = self.hook("tagmanifest", tags).encode()
        signature = self.hook("signature", sshsig(b"casefile-bundle@v1", tags, self.exporter))
        files["tagmanifest-sha256.txt"], files["tagmanifest-sha256.txt.sig"] = tags, signature
        items = [one["item"]["sha256"] for one in self.exhibits]
        about = [at for at, one in enumerate(records) if one.get("type") in ABOUT_ACTORS]
        actors = {"actors": digest(spell(about)).hex()} if about else {}
        export = dict(self.export, log=name, actor=fingerprint(self.exporter), **actors, tagmanifest=digest(tags).hex(), items=len(items),
                      signature=digest(signature).hex(), list=digests(spell(items)), tree_size=len(hashes),
                      disclosed=sorted({one["field"] for one in self.openings}))
        files["export.leaf"] = self.leaf(self.hook("export", export), "export", self.exporter)
        later = hashes + [digest(b"\0" + files["export.leaf"])]
        checkpoint = self.checkpoint(later, "later")
        files["export.tlog-proof"] = self.proof(len(hashes), later, checkpoint, "export.proof")
        lines = ["old %d" % len(hashes), *map(b64, consistency(len(hashes), later)), "", checkpoint]
        files["export.consistency"] = self.hook("consistency", "\n".join(lines)).encode()
        for path, data in self.hook("files", files).items():
            place = pathlib.Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def bag(self, files):
        payload = sorted(path for path in files if path.startswith("data/"))
        for name, hashed in (("manifest-sha256.txt", hashlib.sha256), ("b2sums.txt", hashlib.blake2b)):
            lines = ["%s  %s\n" % (hashed(files[path]).hexdigest(), path) for path in payload]
            files[name] = self.hook(name, "".join(lines)).encode()
        info = files["bag-info.txt"].decode().split("External-Identifier")[0]
        info += "External-Identifier: %s\nPayload-Oxum: %d.%d\n" % (
            ORIGIN, sum(len(files[path]) for path in payload), len(payload))
        files["bag-info.txt"] = self.hook("bag-info", info).encode()


# One change of a model, by chance.

VALUES = [None, True, False, 0, 1, 2, -1, 1.5, 2**53, 2**63, 2**64, 10**30, "", "x", "a\nb", "\u0000", "\ud800",
          "\u2028", "\U0001f600", [], ["x"], [1], {}, {"x": None}, "0" * 64, "F" * 64, "2031-13-45T99:99:99Z",
          "../../x", "2031-04-05T06:07:08Z", "casefile/forged/00000000"]


def places(value, at=()):
    """Every place inside a JSON value, as keys from the outside in."""
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in list(inside):
        yield from places(one, at + (key,))


def change_json(value, numbers):
    """A copy of the value with one change, and that change in words."""
    value = json.loads(json.dumps(value))
    found = [at for at in places(value) if at]
    if not found:
        return value, "nothing"
    at = numbers.choice(found)
    holder = functools.reduce(lambda inside, key: inside[key], at[:-1], value)
    kind = numbers.choice("value value value value away more twice renamed near near".split())
    old = holder[at[-1]]
    if kind == "value":
        holder[at[-1]] = numbers.choice(VALUES)
    elif kind == "near" and isinstance(old, str):
        holder[at[-1]] = numbers.choice([old + "x", old[:-1], old.upper(), " " + old, old + "\n", old[::-1]])
    elif kind == "near" and isinstance(old, int):
        holder[at[-1]] = numbers.choice([old + 1, old - 1, -old, old + 2**32, float(old), bool(old), str(old)])
    elif kind == "more" and isinstance(holder, dict):
        holder[numbers.choice(["x", "zz", "", "A"])] = numbers.choice(VALUES)
    elif kind == "renamed" and isinstance(holder, dict):
        holder[at[-1] + numbers.choice(["x", " "])] = holder.pop(at[-1])
    elif kind == "twice" and isinstance(holder, list):
        holder.append(old)
    else:
        del holder[at[-1]]
    return value, "%s at %s: %.40r" % (kind, "/".join(map(str, at)), holder)


def change_line(line, numbers):
    """Another spelling of a line of JSON, or none at all."""
    at = numbers.randrange(len(line))
    changes = [line.replace(b":", b": ", 1), b" " + line, line + b" ", line + b"\r", b"\xef\xbb\xbf" + line,
               line.replace(b"a", b"\\u0061", 1), line.replace(b"/", b"\\/", 1), b"{" + line[line.find(b",") + 1:],
               line[:-1] + b"," + line[1:], line[:-1] + b',"zz":null}', line.replace(b"1", b"1.0", 1),
               line.replace(b":1", b":1e0", 1), line.replace(b":1", b":01", 1), line.replace(b":0", b":-0", 1),
               line.replace(b"null", b"NaN", 1), line.replace(b"null", b"false", 1), line.decode().encode("utf-16"),
               line[:at] + b"\xff" + line[at:], line[:at], b"", b"[" * 100_000, b'{"a":' * 50_000,
               line.replace(b'"', b'"\x01', 1), line.replace(b'"}', b'\\u00e9"}', 1), line + b"\n"]
    return numbers.choice(changes)


def change_text(text, numbers):
    """A text with one change of its lines or letters."""
    lines, at = text.splitlines(True), numbers.randrange(len(text) + 1)
    here = numbers.randrange(len(lines))
    kind = numbers.randrange(12)
    if kind == 0:
        return "".join(lines[:here] + lines[here:here + 1] + lines[here:])
    if kind == 1:
        return "".join(lines[:here] + lines[here + 1:])
    if kind == 2:
        numbers.shuffle(lines)
        return "".join(lines)
    if kind == 3:
        return text.replace("\n", "\r\n")
    if kind == 4:
        return text.rstrip("\n")
    if kind == 5:
        return text + numbers.choice(["\n", " ", "x\n", "\n\n", "\u2014 x AAAAAAA=\n", "\u2014 x AAAA\n"])
    if kind == 6:
        return numbers.choice(["\n", " ", "\ufeff", "x\n"]) + text
    if kind == 7:
        return "".join(lines[:here]) + numbers.choice(["x\n", "\n", "extra AAAA\n", "-\n"]) + "".join(lines[here:])
    if kind == 8:
        digit = numbers.choice("0123456789")
        return text.replace(digit, numbers.choice(["0" + digit, "+" + digit, "", "\u0661", digit + "_0"]), 1)
    if kind == 9:
        return text.swapcase()
    if kind == 10:
        return text[:at] + numbers.choice(["\u00a0", "\x00", "\x7f", "\u0085", "\t", "=", "/", "\n"]) + text[at:]
    return text[:at] + text[at + 1:]


def change_note(text, numbers):
    """A checkpoint: lines between and after, and signatures that mean nothing here, or should."""
    body, _, signed = text.rpartition("\n\n")
    origin, size, root_, *_ = body.split("\n")
    name, blob = signed[2:].rstrip("\n").split(" ")
    raw = base64.b64decode(blob)
    other = "\u2014 %s %s\n"
    wrong = other % (name, b64(raw[:10] + bytes([raw[10] ^ 1]) + raw[11:]))

    def again(body):
        return body + "\n\n" + signature_line(body + "\n")
    return numbers.choice([
        again(body + "\nmore"), again(body + "\n\nmore"), again(body + "\n "), again(body + "\n" + "x" * 70_000),
        again("\n".join([origin, "0" + size, root_])), again("\n".join([origin, "+" + size, root_])),
        again("\n".join([origin + "x", size, root_])), again("\n".join([origin, size, root_ + "="])),
        again("\n".join([origin, size, root_[:-2] + ("B=" if root_[-2] == "A" else "A=")])),
        again("\n".join([origin, size])), again("\n".join([origin, str(2**64), root_])), again(body + "\nm\u00f6re"),
        again("\n".join([origin, str(2**63), root_])), again("\n".join([origin, "0", b64(digest(b""))])),
        again(body + "\n\u2014 x AAAAAAA="), again(body + "\nx\ty"), again(body + "\nx\x7fy"), again(body + "\n\u0085"),
        text + other % ("other.example/x", b64(b"1234" + b"x" * 64)), text + other % ("other.example/x", b64(b"1234x")),
        text + other % ("other.example/x", b64(b"1234")), text + other % ("a+b", b64(b"12345678")),
        text + other % (name, b64(b"1234" + raw[4:])), text + signed, text + wrong, body + "\n\n" + wrong + signed,
        body + "\n\n" + other % (name, b64(raw + b"x")), body + "\n\n" + other % (name, b64(raw + b"x")) + signed,
        body + "\n\n" + (other % ("x", b64(b"12345"))) * 63 + signed, body + "\n\n" + (other % ("x", b64(b"12345"))) * 64 + signed,
        text + other % ("x\u00a0y", b64(b"12345678")), text + other % ("x\u200by", b64(b"12345678")),
        text + other % ("x\u0085y", b64(b"12345678")), text + "\u2014 x  MTIzNDU2\n", text + "\u2014 x MTIzNDU2 \n",
        text + "- x MTIzNDU2\n", text + "\u2014 x MTIzNDU2", text + "\u2014 x MTIzNDU=\n", text + "\u2014 x MTIzNDV=\n"])


def change_policy(text, numbers):
    """Policies of C2SP tlog-policy, and what looks like them."""
    log, quorum = text.splitlines()
    key = vkey("other.example/x")
    return "".join(line + "\n" for line in numbers.choice([
        ["# words", log, quorum], [log, "", quorum], [quorum, log], [log], [quorum], [], [log, log, quorum],
        [log, "log " + key, quorum], ["log " + key, quorum], [log + " https://log.example/", quorum],
        [log, "witness a " + key, quorum], [log, "witness a " + key, "quorum a"], [log, "witness a " + key + " https://a.example/", quorum],
        [log, "witness a " + key, "group g any a", "quorum g"], [log, "witness a " + key, "group g all a", quorum],
        [log, "witness a " + key, "witness a " + key, quorum], [log, "group g 1 a", quorum], [log, "quorum none", quorum],
        [" " + log, quorum], [log, quorum + " "], [log.replace(" ", "\t"), quorum], [log, quorum + "\r"], [log, "quorum b"],
        [log, "words", quorum], [log, quorum, "witness a " + key], [log, "witness a " + key[:-4], quorum]]))


def change(model, numbers, said):
    """Makes one change, now or when the bundle is written, and appends to `said` which."""
    hooks, count = model.hooks, len(model.records)
    kind = numbers.choice("record record record leafline exhibit exhibit exhibitline opening openingline export "
                          "exportline reading reading readingline note note text text text sig file list policy".split())
    said.append(kind)

    def json_hook(value):
        value, what = change_json(value, numbers)
        said.append(what)
        return value

    def line_hook(line):
        line = change_line(line, numbers)
        said.append(line[:2000])
        return line

    def text_hook(text):
        text = change_text(text, numbers)
        said.append(text)
        return text

    def one_of(values):
        values = json.loads(json.dumps(values))
        way, at = numbers.randrange(8), numbers.randrange(max(1, len(values)))
        said.append("way %d at %d" % (way, at))
        if way == 0:
            numbers.shuffle(values)
        elif values and way == 1:
            values.append(values[at])
        elif values and way == 2:
            del values[at]
        elif values:
            values[at] = json_hook(values[at])
        return values
    if kind == "record":
        at = numbers.randrange(count)
        said.append("leaf %d" % at)
        if numbers.randrange(2):
            model.records[at] = json_hook(model.records[at])
        else:
            hooks["records"] = lambda records: records[:at] + [json_hook(records[at])] + records[at + 1:]
    elif kind == "export":
        hooks["export"] = json_hook
    elif kind in ("leafline", "exportline", "exhibitline", "openingline"):
        most = {"exhibitline": len(model.exhibits), "openingline": len(model.openings)}.get(kind, count)
        at = numbers.randrange(max(1, most))
        hooks[{"leafline": "leaf%d.line" % at, "exportline": "export.line", "exhibitline": "exhibit%d.line" % at,
               "openingline": "opening%d.line" % at}[kind]] = line_hook
    elif kind in ("exhibit", "opening"):
        if numbers.randrange(4):
            hooks[kind + "s"] = one_of
        else:
            setattr(model, kind + "s", one_of(getattr(model, kind + "s")))
    elif kind in ("reading", "readingline"):
        path = numbers.choice(sorted(path for path in model.files if path.startswith("data/readings/")))
        old = digests(model.files[path])
        if kind == "reading":
            model.files[path] = spell(json_hook(json.loads(model.files[path])))
        else:
            model.files[path] = line_hook(model.files[path])
        for record in model.records:
            if record.get("reading") == old:
                record["reading"] = digests(model.files[path])
    elif kind == "note":
        def note_hook(text):
            text = change_note(text, numbers)
            said.append(text[:2000])
            return text
        hooks[numbers.choice(["checkpoint", "later"])] = note_hook
    elif kind == "policy":
        hooks["policy"] = lambda text: said.append(change_policy(text, numbers)) or said[-1]
    elif kind == "text":
        name = numbers.choice(["checkpoint", "checkpoint.text", "later", "later.text", "vkey", "allowed_signers",
                               "tagmanifest", "manifest-sha256.txt", "b2sums.txt", "bag-info", "consistency",
                               "export.proof", "policy", "proof%d" % numbers.randrange(count)])
        said.append(name)
        hooks[name] = text_hook
    elif kind == "sig":
        hooks[numbers.choice(["signature", "export.sig", "leaf%d.sig" % numbers.randrange(count), "exhibits.jsonl",
                              "openings.jsonl"])] = (
            lambda text: text_hook(text.decode()).encode())
    elif kind == "list":
        path = numbers.choice(["data/items/000009-new", "data/readings/000009.json", "more.txt", "data/x", "log/x/y",
                               "log/leaves/00000900.leaf", "log/proofs/00000900.tlog-proof", "data/a b", "a\\b",
                               "openings.jsonl", "M\u00fcll"])
        model.files[path] = numbers.choice([b"", b"new\n", b"[]"])
        said.append(path)
    else:
        path, way = numbers.choice(sorted(model.files)), numbers.randrange(4)
        data = model.files.pop(path)
        said.append("%s, way %d" % (path, way))
        if way == 1:
            model.files[path] = data + b"x"
        elif way == 2:
            model.files[path] = b""
        elif way == 3:
            model.files[path + numbers.choice(["x", ".", "-", "%20"])] = data


# Records about who may sign, by chance: most of them in good order, so that some bundles hold.

def act(kind, numbers, model):
    """The fields of a record of this type, some of them wrong."""
    who = numbers.choice(["ben", "eva", "new", "thief", "robot", "actor", "holders"])
    last = len(model.records)
    if kind == "enrolment":
        name = numbers.choice([who, who, who, "clerk", "ben", "", " x", "a\nb", "x" * 101])
        return dict(name=name, key=actor_key(who), kind="machine" if who == "robot" else "person")
    if kind == "revocation":
        late = {"from": numbers.choice([1, last - 1, last, last + 1])} if numbers.randrange(3) == 0 else {}
        return dict(key=fingerprint(who), reason="lost", **late)
    if kind == "two_person":
        return dict(on=numbers.randrange(3) > 0)
    if kind == "disclosure":
        items = digest(spell([one["item"]["sha256"] for one in model.exhibits])).hex()
        fields = numbers.choice([["collector"], ["collector", "machine"], ["machine"], []])
        return dict(fields=fields, list=numbers.choice([items, items, "0" * 64]))
    if kind == "recovery":
        names = numbers.choice([["a", "b", "c"], ["a", "b"], ["a", "a"], ["a"], ["a", "b\n"]])
        recipient = "age1" + numbers.choice(["q" * 58, "q" * 58, "q" * 57, "Q" * 58])
        holders = [dict(name=name, share=digests(b"x")) for name in names]
        return dict(recipient=recipient, key=actor_key(numbers.choice(["holders", "holders", who])),
                    threshold=numbers.choice([2, 2, 1, 3]), holders=holders)
    waiting = [at for at, one in enumerate(model.records) if one["type"] in ABOUT_ACTORS and one["type"] != "approval"]
    leaf = numbers.choice(waiting[-1:] * 5 + waiting + [last - 1])
    return dict(leaf=leaf, hash=numbers.choice([APPROVED] * 9 + ["0" * 64]))


def append(model, kind, signer, fields):
    first = model.records[0]
    record = dict({name: first[name] for name in ("time", "tool", "v")}, type=kind, **fields)
    model.signers[len(model.records)] = signer
    model.records.append(record)


def approved(model, by="ben"):
    append(model, "approval", by, dict(leaf=len(model.records) - 1, hash=APPROVED))


def in_good_order(model, numbers, two):
    """Acts that all count; `two`: whether the rule of two persons is in force."""
    items = digest(spell([one["item"]["sha256"] for one in model.exhibits])).hex()
    holders = [dict(name=name, share=digests(b"x")) for name in ("a", "b", "c")]
    steps = [("enrolment", dict(name="new", key=actor_key("new"), kind="person")),
             ("enrolment", dict(name="robot", key=actor_key("robot"), kind="machine")),
             ("disclosure", dict(fields=["collector"], list=items)),
             ("recovery", dict(recipient="age1" + "q" * 58, key=actor_key("holders"), threshold=2, holders=holders)),
             ("two_person", dict(on=False))]
    for kind, fields in [step for step in steps if numbers.randrange(2)]:
        if kind == "two_person" and not two:
            continue
        append(model, kind, "actor", fields)
        if kind == "disclosure":
            model.export["disclosure"] = len(model.records) - 1
        if two:
            approved(model)
        if kind == "recovery" and numbers.randrange(2):
            append(model, "enrolment", "holders", dict(name="ben", key=actor_key("thief"), kind="person"))
            append(model, "revocation", "holders", dict(key=fingerprint("ben"), reason="lost"))
            return


def in_any_order(model, numbers):
    for _ in range(numbers.randrange(1, 6)):
        kind = numbers.choice("enrolment revocation two_person disclosure recovery".split())
        signer = numbers.choice(["actor"] * 6 + ["ben"] * 4 + ["eva", "robot", "holders", "holders", "new", "thief"])
        append(model, kind, signer, act(kind, numbers, model))
        if numbers.randrange(4):
            append(model, "approval", numbers.choice(["ben"] * 5 + ["actor", "eva", "eva", "robot", "holders"]),
                   act("approval", numbers, model))


def acts(model, numbers, said):
    """Appends records about actors, has some earlier ones signed by others, and says which."""
    good, two = numbers.randrange(2), numbers.randrange(4) > 0
    for who in ["ben", "eva"]:
        append(model, "enrolment", "actor", dict(name=who, key=actor_key(who), kind="person"))
    if two:
        append(model, "two_person", "actor", dict(on=True))
    if good:
        in_good_order(model, numbers, two)
    if not good or numbers.randrange(4) == 0:
        in_any_order(model, numbers)
    if numbers.randrange(3) == 0:  # work by others, after all that
        item = numbers.choice(model.exhibits)
        capture = next(one for one in model.records if one.get("item") == item["item"])
        item["leaves"].append(len(model.records))
        fields = {name: capture[name] for name in capture if name not in ("actor", "log", "time", "tool", "v", "type")}
        append(model, "capture", numbers.choice(["ben"] * 5 + ["eva", "robot", "new", "holders", "thief"]), fields)
    model.exporter = numbers.choice(["actor"] * 12 + ["ben", "eva", "new", "holders", "thief"])
    if not good and numbers.randrange(2):
        named = [at for at, one in enumerate(model.records) if one["type"] in ("disclosure", "approval")]
        model.export["disclosure"] = numbers.choice([*named, 1])
    if numbers.randrange(10) == 0:
        model.signers[numbers.randrange(1, len(model.records))] = numbers.choice(["ben", "eva", "thief"])
    if numbers.randrange(2):  # nothing is disclosed: the rule then asks for nothing
        model.openings.clear()
    said.append("; ".join("%d %s by %s" % (at, one["type"], model.signers.get(at, "actor"))
                          for at, one in enumerate(model.records)) + "; exported by " + model.exporter)
