#!/usr/bin/env python3
"""Has ocfl-py judge the OCFL storage root of a mirror, and changed copies of it.

    python oracle/storage_root.py CASEFILE MIRROR CHANGES SEED [ROCFL]

With the path of the program rocfl, it judges in the place of ocfl-py.

It must accept the root as it is, without a warning but W009 (whoever made a version should have a mail address). Each change (a bit flipped, a file cut off, removed, added,
renamed or swapped with another) must be refused: by ocfl-py, or where ocfl-py does not look, which is counted and
named, by `casefile verify`; until so many were refused by it. Two traps of it are closed here: `StorageRoot.validate` says yes to a root with objects
that it has just found invalid, so these are counted; and it never reads what the layout's files say.
"""

import logging
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import types

# It can look at stores over a network, with packages ten times its size, which are not needed here.
sys.modules.setdefault("s3fs", types.SimpleNamespace(S3FileSystem=type("S3FileSystem", (), {})))
import ocfl  # noqa: E402


def judge(root):
    """Whether ocfl-py has nothing against it, and what it says."""
    store = ocfl.StorageRoot(root=str(root))
    try:
        valid = store.validate(validate_objects=True, check_digests=True, log_warnings=True)
    except Exception as error:  # a root that it cannot take apart
        return False, [repr(error)]
    said = list(store.log.messages)
    for _, lines in store.errors:
        said += lines.split("\n") if isinstance(lines, str) else lines
    # That versions are made by a program, which has no mail address, is as it is.
    said = [line for line in said if "[W009]" not in line]
    whole = valid and store.num_objects > 0 and store.good_objects == store.num_objects
    return whole and not said, said


def judge_by(rocfl, root):
    """The same by rocfl, whose warnings end with 0."""
    ran = subprocess.run([rocfl, "-r", str(root), "validate"], capture_output=True, text=True, check=False)
    warned = [line for line in ran.stdout.splitlines() if "W0" in line and "W009" not in line]
    return ran.returncode == 0 and not warned, warned or [ran.stdout + ran.stderr]


def files_of(root):
    return sorted(path for path in root.rglob("*") if path.is_file())


def change(root, rng):
    """One change; what it was, and the path."""
    files = files_of(root)
    path = rng.choice(files)
    kind = rng.choice(["flip"] * 6 + ["cut", "remove", "add", "rename", "swap"])
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    if kind == "flip":
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
    elif kind == "cut":
        path.write_bytes(data[: rng.randrange(len(data))])
    elif kind == "remove":
        path.unlink()
    elif kind == "add":
        path.with_name("added.txt").write_bytes(b"added\n")
    elif kind == "rename":
        path.rename(path.with_name(path.name + "x"))
    else:
        others = [other for other in files if other.read_bytes() != bytes(data)]
        other = rng.choice(others)
        other.chmod(0o644)
        kept = other.read_bytes()
        other.write_bytes(data)
        path.write_bytes(kept)
    return kind, path.relative_to(root)


def main():
    casefile, mirror, number, seed, *rocfl = sys.argv[1:]
    mirror, rng = pathlib.Path(mirror), random.Random(int(seed))
    logging.disable(logging.CRITICAL)
    name = "rocfl" if rocfl else f"ocfl-py {ocfl.__version__}"
    ask = (lambda root: judge_by(rocfl[0], root)) if rocfl else judge
    good, said = ask(mirror / "ocfl")
    if not good:
        print(name, "refuses the root as it is:", said)
        return 1
    refused, made, missed = 0, 0, {}
    with tempfile.TemporaryDirectory() as place:
        copy = pathlib.Path(place) / "m"
        while refused < int(number) and made < 2 * int(number):
            made += 1
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(mirror, copy)
            kind, path = change(copy / "ocfl", rng)
            if not ask(copy / "ocfl")[0]:
                refused += 1
                continue
            what = f"{kind} {path.name}"
            missed[what] = missed.get(what, 0) + 1
            told = subprocess.run([casefile, "verify", str(copy)], capture_output=True, check=False)
            if told.returncode != 1:
                print(f"neither {name} nor casefile refuses: {kind} of {path}\n{told.stdout.decode()}")
                return 1
    print(f"{name}: {refused} of {made} changes refused; not looked at by it, and refused by "
          f"casefile: {sum(missed.values())} ({', '.join(f'{what}: {count}' for what, count in sorted(missed.items()))})")
    return int(refused < int(number))


sys.exit(main())
