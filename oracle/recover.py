"""Makes a recovery key of the texts of shares, without casefile: written from docs/format/recovery.md alone.

    python3 recover.py SHARE...     prints the identity, for `age -d -i`
"""
import hashlib, sys


def times(a, b):  # in GF(256) with the polynomial 0x11d
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1 ^ (a >> 7) * 0x11d, b >> 1
    return product


def inverse(a):
    return next(b for b in range(256) if times(a, b) == 1)


def parse(path):
    with open(path, encoding="utf-8") as file:
        *lines, check = [line.strip() for line in file if line.strip()]
    text = "".join(line + "\n" for line in lines)
    if lines[0] != "casefile recovery share v1" or check != "check " + hashlib.sha256(text.encode()).hexdigest()[:8]:
        sys.exit("%s: no share, or copied wrongly" % path)
    fields = dict(line.split(" ", 1) for line in lines[1:])
    return (fields["log"], fields["recipient"], int(fields["threshold"].split()[0])), bytes.fromhex(fields["share"])


def main(paths):
    kinds, shares = zip(*map(parse, paths))
    points = {share[0]: share[1:] for share in shares}
    if len({*kinds}) > 1 or len(points) < kinds[0][2]:
        sys.exit("shares of different keys, or too few of them")
    points = dict(list(points.items())[:kinds[0][2]])
    secret = bytearray(len(next(iter(points.values()))))
    for x, values in points.items():
        weight = 1
        for other in points:
            if other != x:
                weight = times(weight, times(other, inverse(other ^ x)))
        for at, value in enumerate(values):
            secret[at] ^= times(weight, value)
    print(secret.decode())


if __name__ == "__main__":
    main(sys.argv[1:])
