#!/usr/bin/env python3
"""Takes a signed note or an SSH signature apart, so that openssl can check it: a second reader of both
forms that shares no code with casefile, in Python's standard library alone. It never says whether a
signature holds: that is openssl's word.

    note.py note VKEY-FILE NOTE-FILE OUT                        C2SP signed-note, Ed25519
    note.py sshsig ALLOWED-SIGNERS SIG-FILE NAMESPACE FILE OUT  OpenSSH's PROTOCOL.sshsig, Ed25519
    note.py leaf ALLOWED-SIGNERS LEAF NAMESPACE OUT             a leaf: a line, and the SSH signature over it

Writes key.pem, message and signature into the folder OUT, for

    openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature

Exit status: 0 taken apart, 1 not of the form, 2 wrong usage.
"""
import base64
import hashlib
import pathlib
import sys

# SubjectPublicKeyInfo of an Ed25519 key up to the 32 bytes of the key (RFC 8410, section 10.1).
SPKI = bytes.fromhex("302a300506032b6570032100")
ED25519_NOTE = b"\x01"


class NotOfTheForm(Exception):
    pass


def require(holds, why):
    if not holds:
        raise NotOfTheForm(why)


def unbase64(text):
    """Base64 in its one form: a bit that decodes to nothing must not differ either."""
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "base64 that is not in its one form")
    return data


def signed_note(vkey, note):
    """Key, message and signature of the one signature that `vkey` names (C2SP signed-note)."""
    require(vkey.endswith("\n") and vkey.count("\n") == 1, "the key is not one line")
    name, key_hash, encoded = vkey[:-1].split("+", 2)
    key = unbase64(encoded)
    require(len(key) == 33 and key[:1] == ED25519_NOTE, "not an Ed25519 key")
    due = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    require(key_hash == due.hex(), "the key's hash is not its own")
    text, found, signatures = note.rpartition("\n\n")
    require(found and signatures.endswith("\n"), "no signatures after a blank line")
    require(text.split("\n")[0] == name, "the note's first line is not the name of the key")
    mine = []
    for line in signatures[:-1].split("\n"):
        require(line.startswith("\u2014 "), "a signature line that is none")
        signer, encoded = line[2:].split(" ")
        signature = unbase64(encoded)
        if signer == name and signature[:4] == due:
            mine.append(signature[4:])
    require(len(mine) == 1, f"{len(mine)} signatures by this key")
    return key[1:], (text + "\n").encode(), mine[0]


def ssh_string(data):
    return len(data).to_bytes(4, "big") + data


class Strings:
    """Reads SSH strings off the front of bytes."""

    def __init__(self, data):
        self.data = data

    def next(self):
        size = int.from_bytes(self.data[:4], "big")
        require(len(self.data) >= 4 + size, "cut off inside a string")
        value, self.data = self.data[4 : 4 + size], self.data[4 + size :]
        return value


def ed25519_key(blob):
    strings = Strings(blob)
    require(strings.next() == b"ssh-ed25519", "not an Ed25519 key")
    key = strings.next()
    require(len(key) == 32 and not strings.data, "not the form of an Ed25519 key")
    return key


def ssh_signature(signers, armoured, namespace, message):
    """Key, signed message and signature of an SSHSIG file by the key in `signers`."""
    fields = signers.split()
    trusted = ed25519_key(unbase64(fields[fields.index("ssh-ed25519") + 1]))
    lines = armoured.split("\n")
    require(lines[0] == "-----BEGIN SSH SIGNATURE-----", "not an SSH signature")
    require(lines[-2:] == ["-----END SSH SIGNATURE-----", ""], "no end of the SSH signature")
    blob = unbase64("".join(lines[1:-2]))
    require(blob[:6] == b"SSHSIG" and blob[6:10] == b"\0\0\0\1", "not SSHSIG version 1")
    strings = Strings(blob[10:])
    key, space, reserved, hash_name, signature = (strings.next() for _ in range(5))
    require(not strings.data, "bytes after the signature")
    require(ed25519_key(key) == trusted, "signed by another key than the one in the list")
    require(space.decode() == namespace, "signed for another purpose")
    require(hash_name in (b"sha256", b"sha512"), "an unknown hash")
    inner = Strings(signature)
    require(inner.next() == b"ssh-ed25519", "not an Ed25519 signature")
    raw = inner.next()
    require(not inner.data, "bytes after the signature")
    digest = hashlib.new(hash_name.decode(), message).digest()
    parts = (space, reserved, hash_name, digest)
    return trusted, b"SSHSIG" + b"".join(map(ssh_string, parts)), raw


def take_apart(arguments):
    kind, *arguments = arguments
    if kind == "note" and len(arguments) == 3:
        vkey, note, out = map(pathlib.Path, arguments)
        return out, signed_note(vkey.read_bytes().decode(), note.read_bytes().decode())
    if kind == "sshsig" and len(arguments) == 5:
        signers, signature, namespace, file, out = arguments
        texts = [pathlib.Path(path).read_bytes() for path in (signers, signature, file)]
        parts = ssh_signature(texts[0].decode(), texts[1].decode(), namespace, texts[2])
        return pathlib.Path(out), parts
    if kind == "leaf" and len(arguments) == 4:
        signers, leaf, namespace, out = arguments
        line, end, signature = pathlib.Path(leaf).read_bytes().partition(b"\n")
        signers = pathlib.Path(signers).read_bytes().decode()
        return pathlib.Path(out), ssh_signature(signers, signature.decode(), namespace, line + end)
    raise IndexError


def main():
    try:
        out, (key, message, signature) = take_apart(sys.argv[1:])
    except (IndexError, TypeError):
        print(__doc__, file=sys.stderr)
        return 2
    except (NotOfTheForm, ValueError) as error:
        print(f"NOT OF THE FORM: {error}", file=sys.stderr)
        return 1
    out.mkdir(exist_ok=True)
    pem = base64.b64encode(SPKI + key).decode()
    (out / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n")
    (out / "message").write_bytes(message)
    (out / "signature").write_bytes(signature)
    return 0


if __name__ == "__main__":
    sys.exit(main())
