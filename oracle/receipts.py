"""Checks COSE receipts (RFC 9942) with the `scitt-cose` package, whole and with single bits flipped.

    receipts.py FOLDER N     FOLDER: as `casefile receipt` writes it; N: how many bits to flip

Exit code 0: every receipt is accepted for its record, and none with a flipped bit, in the receipt or
in the record, is; but for bits of the tree's size, which RFC 9942 has nobody sign: where the tree of
the other size has the same path to the leaf, the receipt still proves the same place under the same
root. 1: not so, and why.
"""

import random
import sys
from pathlib import Path

from scitt_cose import verify_receipt


def proved(receipt: bytes, leaf: bytes, key: bytes):
    """The place in the tree and the root, if the receipt is accepted."""
    result = verify_receipt(receipt, leaf_entry_hex=leaf.hex(), log_public_key_pem=key)
    return (result.leaf_index, result.root) if result.ok else None


def main(folder: str, number: str):
    key = Path(folder, "log-key.pem").read_bytes()
    paths = sorted(Path(folder).glob("*.cose"))
    pairs = [(path.read_bytes(), path.with_suffix(".leaf").read_bytes()) for path in paths]
    if not pairs:
        return "there is no receipt"
    truths = [proved(receipt, leaf, key) for receipt, leaf in pairs]
    if None in truths:
        return "a receipt is refused"
    source = random.Random(1)
    sizes = 0
    for _ in range(int(number)):
        which = source.randrange(len(pairs))
        pair = list(pairs[which])
        side = source.randrange(2)
        changed = bytearray(pair[side])
        at = source.randrange(len(changed) * 8)
        changed[at // 8] ^= 1 << at % 8
        pair[side] = bytes(changed)
        found = proved(*pair, key)
        if found and (side == 1 or found != truths[which]):
            return f"bit {at} flipped in the {('receipt', 'record')[side]} is accepted"
        sizes += found is not None
    print(
        f"{len(pairs)} receipts accepted; {number} with a flipped bit refused,"
        f" but for {sizes} with another size of the same tree"
    )
    return None


if __name__ == "__main__":
    why = main(*sys.argv[1:])
    if why:
        sys.exit(f"receipts.py: {why}")
