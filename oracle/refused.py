"""Has a program that others wrote refuse changes of what it answers for, until it has refused NUMBER of them.

    refused.py b2sum      CASEFILE BUNDLE NUMBER SEED
    refused.py ssh-keygen CASEFILE BUNDLE NUMBER SEED
    refused.py go         CASEFILE BUNDLE NUMBER SEED GO-VERIFY    oracle/verify.go, built
    refused.py openssl-ts CASEFILE BUNDLE NUMBER SEED ROOT.pem     of the authorities
    refused.py castle     CASEFILE BUNDLE NUMBER SEED              Bouncy Castle, by tests/Evidence.java
    refused.py bagit      CASEFILE BUNDLE NUMBER SEED              with the python that has bagit.py
    refused.py age        CASEFILE CASE   NUMBER SEED IDENTITY     an item sealed in a case

It must accept all of it as it is. A change is a bit flipped, bytes put in, cut off, doubled or taken out, lines in
another order, digits spelled otherwise, a file taken away, or exchanged with another. What it accepts after a change is
a trap: `casefile verify` must refuse it, and it is counted under the file and the kind of change. Exit status 1 where
not so.
"""
import collections, pathlib, random, re, shutil, subprocess, sys, tempfile

from agree import change, put


def quiet(*command, data=None, cwd=None):
    return subprocess.run([str(word) for word in command], input=data, cwd=cwd, capture_output=True).returncode == 0


class B2sum:
    """The second digest of every exhibit."""
    def __init__(self, root):
        self.root = root

    def files(self):
        return [self.root / "b2sums.txt", *(self.root / "data/items").iterdir()]

    def accepts(self, _):
        return quiet("b2sum", "-c", "--strict", "b2sums.txt", cwd=self.root)


class SshKeygen:
    """The signature of each record, and over the tag manifest."""
    def __init__(self, root):
        self.root, self.signers, self.list = root, root / "log/allowed_signers", root / "tagmanifest-sha256.txt"
        self.signature = root / "tagmanifest-sha256.txt.sig"
        spaces = re.search('namespaces="([^"]*)"', self.signers.read_text())[1].split(",")
        self.leaf_space, self.bundle_space = spaces[0], spaces[-1]
        self.scratch = tempfile.TemporaryDirectory()

    def files(self):
        return [self.signers, self.list, self.signature, self.root / "export.leaf", *(self.root / "log/leaves").iterdir()]

    def accepts(self, changed):
        every = self.files()[3:] if self.signers in changed or not changed else changed
        return all(self.leaf(one) for one in every if one.suffix == ".leaf") and self.holds(
            self.list.read_bytes() if self.list.exists() else b"", self.signature, self.bundle_space)

    def leaf(self, path):
        record, _, signature = path.read_bytes().partition(b"\n") if path.exists() else (b"", b"", b"")
        place = pathlib.Path(self.scratch.name) / "signature"
        place.write_bytes(signature)
        return self.holds(record + b"\n", place, self.leaf_space)

    def holds(self, message, signature, space):
        return quiet("ssh-keygen", "-Y", "verify", "-f", self.signers, "-I", "actor", "-n", space, "-s", signature, data=message)


class Go:
    """Records, proofs, checkpoint and the seal of the export."""
    def __init__(self, root, program):
        self.root, self.program = root, pathlib.Path(program).resolve()
        self.vkey = (root / "log/vkey").read_text().split("\n")[0]

    def files(self):
        log = [path for path in (self.root / "log").rglob("*") if path.is_file() and path.name != "allowed_signers"]
        return sorted(log + list(self.root.glob("export.*")) + list(self.root.glob("tagmanifest-sha256.txt*")))

    def accepts(self, _):
        return quiet(self.program, "bundle", ".", self.vkey, cwd=self.root)


class OpensslTs:
    """Every timestamp: about the request and about what was stamped."""
    def __init__(self, root, authority):
        self.root, self.authority, self.at = root, pathlib.Path(authority).resolve(), root / "log/timestamps"
        self.pairs = []
        for reply in sorted(self.at.glob("*.reply")):
            leaf = (root / "log/leaves" / (reply.stem + ".leaf")).read_text()
            asked = self.at / ("%08d" % int(re.search('"request":([0-9]+)', leaf)[1]))
            self.pairs.append((reply, asked.with_suffix(".request"), asked.with_suffix(".stamped")))

    def files(self):
        return sorted({path for pair in self.pairs for path in pair if path.exists()})

    def accepts(self, changed):
        for pair in self.pairs:
            reply, request, stamped = pair
            if changed and not set(pair) & set(changed):
                continue
            for about in (["-queryfile", request], ["-data", stamped]):
                if not quiet("openssl", "ts", "-verify", *about, "-in", reply, "-CAfile", self.authority):
                    return False
        return True


class Castle:
    """The evidence record of each exhibit. One Java for all: it reads names from its input."""
    def __init__(self, root):
        self.root = root
        self.pairs = list(zip(sorted((root / "data/items").iterdir()), sorted((root / "log/evidence").glob("*.ers"))))
        program = pathlib.Path(__file__).parents[1] / "tests/Evidence.java"
        classes = ":".join("/usr/share/java/%s.jar" % name for name in ("bcpkix", "bcprov", "bcutil"))
        self.java = subprocess.Popen(["java", "-cp", classes, program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)

    def files(self):
        return sorted(path for pair in self.pairs for path in pair)

    def accepts(self, changed):
        return all(self.holds(*pair) for pair in self.pairs if not changed or set(pair) & set(changed))

    def holds(self, item, record):
        print("%s\t%s" % (item, record), file=self.java.stdin, flush=True)
        return {"holds": True, "refused": False}[self.java.stdout.readline().strip()]


class Bagit:
    """The bag."""
    def __init__(self, root):
        import bagit, logging
        logging.disable(logging.CRITICAL)
        self.root, self.bagit = root, bagit

    def files(self):
        return sorted(path for path in self.root.rglob("*") if path.is_file())

    def accepts(self, _):
        try:
            return self.bagit.Bag(str(self.root)).validate()
        except Exception:  # its own, or what its program ends with, and a traceback, where a file is none of a bag
            return False


class Age:
    """A sealed item: its key file by an identity, then itself by the key in there."""
    def __init__(self, root, identity):
        self.root, self.identity = root, pathlib.Path(identity).resolve()
        (self.key_file,) = (root / "private/sealed").glob("*.age")
        name = self.key_file.stem.split("-")[-1]
        self.item = root / "objects" / name[:2] / name[2:]
        self.scratch = tempfile.NamedTemporaryFile()

    def files(self):
        return [self.key_file, self.item]

    def accepts(self, _):
        key = subprocess.run(["age", "-d", "-i", self.identity, self.key_file], capture_output=True)
        pathlib.Path(self.scratch.name).write_bytes(key.stdout)
        return key.returncode == 0 and quiet("age", "-d", "-i", self.scratch.name, self.item)


JUDGES = {"b2sum": B2sum, "ssh-keygen": SshKeygen, "go": Go, "openssl-ts": OpensslTs, "castle": Castle, "bagit": Bagit, "age": Age}


def kind_of(what, files, root):
    """The file and the kind of a change, without what is by chance."""
    word = "exchanged" if "exchanged" in what else "taken away" if "taken away" in what else what.split(": ")[1].split()[0]
    names = [re.sub("[0-9]{4,}", "N", str(path.relative_to(root))) for path in files]
    names = ["an exhibit" if name.startswith("data/items/") else name for name in names]
    return "%s of %s" % (word, " and ".join(sorted(set(names))))


def main(which, casefile, source, number, seed, *rest):
    numbers, casefile = random.Random(int(seed)), pathlib.Path(casefile).resolve()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "copy"
        shutil.copytree(source, root)
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o600 if "private" in path.parts else 0o644)
        judge = JUDGES[which](root, *rest)
        files = judge.files()
        if not judge.accepts([]):
            return print("%s refuses it as it is" % which) or 1
        trust = ["--trust", (root / "log/vkey").read_text().split("\n")[0]]
        made, refused, traps = 0, 0, collections.Counter()
        while refused < int(number) and made < 4 * int(number):
            what, after = change(files, numbers)
            before = {path: path.read_bytes() for path in after}
            if before == after:
                continue
            put(after)
            made += 1
            if not judge.accepts(list(after)):
                refused += 1
            else:
                traps[kind_of(what, after, root)] += 1
                if quiet(casefile, "verify", *trust, root):
                    return print("neither %s nor casefile refuses: %s" % (which, what.replace(str(root), ""))) or 1
            put(before)
        print("%s: %d changes refused of %d; %d accepted, each refused by casefile%s" % (
            which, refused, made, sum(traps.values()), ":" if traps else ""))
        for trap, count in traps.most_common():
            print("  %4d  %s" % (count, trap))
        return int(refused < int(number))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
