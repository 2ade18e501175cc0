"""Checks ML-DSA-44 cosignatures with another implementation of FIPS 204 (the `cryptography` package).

Written from docs/format/cosigner.md alone.

    cosignature.py VKEY NOTE     VKEY: file with the cosigner's key; NOTE: file with the checkpoint

Exit code 0: at least one line by the key, and each holds. 1: not so, and why.
"""

import base64
import hashlib
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey


def short(text: str) -> bytes:
    return bytes([len(text.encode())]) + text.encode()


def main(vkey_file: str, note_file: str):
    name, key_id, key = open(vkey_file, encoding="utf-8").read().strip().split("+", 2)
    key = base64.b64decode(key, validate=True)
    if key[0] != 6 or hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() != key_id:
        return "the key is not an ML-DSA-44 key with the id it says"
    text, lines = open(note_file, encoding="utf-8").read().split("\n\n")
    origin, size, root = text.split("\n")[:3]
    held = 0
    for line in lines.splitlines():
        _, signer, tagged = line.split(" ")
        tagged = base64.b64decode(tagged, validate=True)
        if signer != name or tagged[:4].hex() != key_id:
            continue
        signed = b"subtree/v1\n\0" + short(name) + tagged[4:12] + short(origin)
        signed += struct.pack(">QQ", 0, int(size)) + base64.b64decode(root, validate=True)
        try:
            MLDSA44PublicKey.from_public_bytes(key[1:]).verify(tagged[12:], signed)
        except InvalidSignature:
            return "a cosignature does not hold"
        held += 1
    return None if held else "no line is by that key"


if __name__ == "__main__":
    why = main(*sys.argv[1:])
    if why:
        sys.exit(f"cosignature.py: {why}")
