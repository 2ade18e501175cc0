"""Checks COSE receipts (RFC 9942) with the `scitt-cose` package, whole and with single bits flipped.

    receipts.py FOLDER N     FOLDER: as `casefile receipt` writes it; N: how many bits to flip

Exit code 0: every receipt is accepted for its record, and none with a flipped bit, in the receipt or
in the record, is. 1: not so, and why.
"""

import random
import sys
from pathlib import Path

from scitt_cose import verify_receipt


def accepted(receipt: bytes, leaf: bytes, key: bytes) -> bool:
    return verify_receipt(receipt, leaf_entry_hex=leaf.hex(), log_public_key_pem=key).ok


def main(folder: str, number: str):
    key = Path(folder, "log-key.pem").read_bytes()
    paths = sorted(Path(folder).glob("*.cose"))
    pairs = [(path.read_bytes(), path.with_suffix(".leaf").read_bytes()) for path in paths]
    if not pairs:
        return "there is no receipt"
    if not all(accepted(receipt, leaf, key) for receipt, leaf in pairs):
        return "a receipt is refused"
    source = random.Random(1)
    for _ in range(int(number)):
        pair = list(source.choice(pairs))
        side = source.randrange(2)
        changed = bytearray(pair[side])
        at = source.randrange(len(changed) * 8)
        changed[at // 8] ^= 1 << at % 8
        pair[side] = bytes(changed)
        if accepted(*pair, key):
            return f"bit {at} flipped in the {('receipt', 'record')[side]} is accepted"
    print(f"{len(pairs)} receipts accepted, {number} with a flipped bit refused")
    return None


if __name__ == "__main__":
    why = main(*sys.argv[1:])
    if why:
        sys.exit(f"receipts.py: {why}")
