"""Asks oracle/verify.py and `casefile verify` about the same bundles: they must accept the same ones.

    python3 agree.py kept FOLDER             every bundle that the tests kept there with its verdict
                                             (CASEFILE_KEEP_BUNDLES, crates/bundle/tests/invented)
    python3 agree.py changed CASEFILE BUNDLE NUMBER SEED
                                             NUMBER changes of a bundle, each judged by both programs
    python3 agree.py forged CASEFILE BUNDLE NUMBER SEED
                                             NUMBER bundles made anew from it by who holds all keys, each
                                             with one change before signing (oracle/forge.py)
    python3 agree.py signed CASEFILE BUNDLE NUMBER SEED
                                             the same, each with records about who may sign by several
                                             people, some of which do not count

Exit status 1 where they disagree, or where verify.py leaves a traceback. What a change does to a
signature that it does not touch is the same each time, so openssl is asked about it once.
"""
import contextlib, functools, io, pathlib, random, shutil, subprocess, sys, tempfile, types

import forge

VERIFY = pathlib.Path(__file__).with_name("verify.py")
PARTS = ["verify_mldsa", "verify_log", "verify_bag", "verify_leaf", "verify_origins", "verify"]  # each after those that it imports
CODE = {part: compile(VERIFY.with_name(part + ".py").read_text("utf-8"), part + ".py", "exec") for part in PARTS}


def remember(function):
    """The function, with what it answered kept; an exception too."""
    @functools.lru_cache(maxsize=4096)
    def answer(*arguments):
        try:
            return function(*arguments), None
        except AssertionError as wrong:
            return None, wrong

    def asked(*arguments):
        value, wrong = answer(*arguments)
        if wrong is not None:
            raise wrong
        return value
    return asked


class InProcess:
    """verify.py as it stands, run afresh for each bundle in this process."""
    def __init__(self):
        self.verify = None
        self.load()
        first = sys.modules["verify_log"]
        self.scratch = tempfile.TemporaryDirectory()
        first.scratch = self.scratch.name
        self.verify = remember(first.verify)

    def load(self):
        for part in PARTS:
            module = sys.modules[part] = types.ModuleType(part)
            exec(CODE[part], module.__dict__)
            if part == "verify_log" and self.verify:
                module.verify = self.verify
        return sys.modules["verify"]

    def __call__(self, bundle, trusted):
        program, said, kept = self.load(), io.StringIO(), sys.argv
        sys.argv = ["verify.py", str(bundle)] + (["--trust", trusted] if trusted else [])
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                status = program.main()
        finally:
            sys.argv = kept
        return status, said.getvalue()


def apart(bundle, trusted):
    """verify.py as its user starts it."""
    command = [sys.executable, str(VERIFY), str(bundle)] + (["--trust", trusted] if trusted else [])
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


def casefile(program, bundle, trusted):
    ran = subprocess.run([program, "verify", "--trust", trusted, str(bundle)], capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


def codes(said):
    """Codes of the faults in what verify.py said."""
    lines = [line.split() for line in said.splitlines() if line.startswith("fault ")]
    return sorted({words[1] for words in lines})


def same(told, expect):
    """Whether casefile's code says what verify.py's says, or more exactly: bundle-leaf-actor is a bundle-leaf."""
    return expect == told or expect.startswith(told + "-")


def kept(folder):
    wrong, alike, places = 0, 0, sorted(pathlib.Path(folder).iterdir())
    for place in places:
        trusted, *expect = (place / "verdict").read_text().split("\n")
        status, said = apart(place / "bundle", trusted)
        told = codes(said)
        alike += all(any(same(one, other) for one in told) for other in expect)
        shared = any(same(one, other) for one in told for other in expect)
        if status != (1 if expect else 0) or expect and not shared:
            wrong += 1
            print("DISAGREE about %s: casefile found %s; verify.py:\n%s" % (place, expect, said))
    print("%d bundles of the tests: %d disagreements; all of casefile's codes in %d" % (len(places), wrong, alike))
    return wrong or not places


def change(files, numbers):
    """One change of the bundle, in words, and the bytes that files have after it."""
    path = numbers.choice(files)
    data = path.read_bytes()
    at = numbers.randrange(len(data) + 1)
    kinds = "bit byte cut insert remove twice swap lines digit away".split()
    kind = numbers.choice(kinds)
    if kind == "bit" and at < len(data):
        new = data[:at] + bytes([data[at] ^ 1 << numbers.randrange(8)]) + data[at + 1:]
    elif kind == "byte" and at < len(data):
        new = data[:at] + bytes([numbers.randrange(256)]) + data[at + 1:]
    elif kind == "cut":
        new = data[:at]
    elif kind == "insert":
        new = data[:at] + numbers.choice([b"\n", b" ", b"\0", b"0", b"\r", b"=", b"\xff"]) + data[at:]
    elif kind == "remove":
        new = data[:at] + data[at + numbers.choice([1, 1, 1, 16, 64]):]
    elif kind == "twice":
        new = data + data
    elif kind == "swap":
        other = numbers.choice(files)
        return "%s and %s exchanged" % (path, other), {path: other.read_bytes(), other: data}
    elif kind == "lines":
        lines = data.splitlines(True)
        numbers.shuffle(lines)
        new = b"".join(lines)
    elif kind == "digit":
        new = data.replace(*numbers.choice([(b"1", b"01"), (b"a", b"A"), (b"0", b"1"), (b"=", b"")]), 1)
    else:
        return "%s taken away" % path, {path: None}
    return "%s: %s at byte %d" % (path, kind, at), {path: new}


def put(after):
    for path, data in after.items():
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)


def changed(program, bundle, number, seed):
    numbers, ask, wrong = random.Random(int(seed)), InProcess(), 0
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "bundle"
        shutil.copytree(bundle, root)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        trusted = (root / "log/vkey").read_text().strip()
        for done in range(int(number)):
            what, after = change(files, numbers) if done else ("as it was", {})
            before = {path: path.read_bytes() for path in after}
            while done and before == after:
                what, after = change(files, numbers)
                before = {path: path.read_bytes() for path in after}
            put(after)
            (one, said), (two, theirs) = ask(root, trusted), casefile(program, root, trusted)
            # A change that both accept is as bad as one about which they differ: all of a bundle is
            # sealed. casefile says 3 where it takes the folder for no bundle at all: refused too.
            if (one, two) not in (((1, 1), (1, 3)) if done else ((0, 0),)):
                wrong += 1
                print("DISAGREE (%s): casefile %d, verify.py %d\n%s%s" % (what, two, one, theirs, said))
            put(before)
    print("%s changes of a bundle: %d disagreements, or accepted by both" % (number, wrong))
    return wrong


def signed(program, bundle, number, seed):
    return forged(program, bundle, number, seed, forge.acts)


def forged(program, bundle, number, seed, change=forge.change):
    """Both may accept what a holder of all keys made: they must only agree."""
    ask, wrong, accepted, left_out, stale = InProcess(), 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for done in range(int(number)):
            root, numbers = pathlib.Path(folder) / str(done), random.Random("%s %d" % (seed, done))
            model, what = forge.Model(bundle), []
            try:
                if done:
                    change(model, numbers, what)
                model.write(root)
            except (KeyError, TypeError, IndexError, AttributeError, UnicodeError, OSError):
                continue  # a change after which the bundle cannot be made: no forgery at all
            (one, said), (two, theirs) = ask(root, forge.vkey()), casefile(program, root, forge.vkey())
            # The documents about custody are not made anew, and casefile says so where nothing else is wrong:
            # verify.py leaves them out, as bundle.md says.
            if two == 1 and theirs.count("FAULT") == theirs.count("bundle-custody  "):
                two, stale = 0, stale + 1
            accepted += two == 0
            # What it leaves out too: the form of a reading's fields.
            if (one, two) == (0, 1) and what[0].startswith("reading") and theirs.count("FAULT") == 1:
                left_out += "it is no reading" in theirs
            elif (one, two) not in ((0, 0), (1, 1), (1, 3)):
                wrong += 1
                print("DISAGREE (%d: %s): casefile %d, verify.py %d\n%s%s" % (done, what, two, one, theirs, said))
            shutil.rmtree(root, ignore_errors=True)
    print("%s bundles made anew, %d accepted by both, %d of them but for documents of the first, "
          "%d malformed readings: %d disagreements" % (number, accepted, stale, left_out, wrong))
    return wrong or not accepted


if __name__ == "__main__":
    sys.exit(1 if {"kept": kept, "changed": changed, "forged": forged, "signed": signed}[sys.argv[1]](*sys.argv[2:]) else 0)
