"""Whether an ML-DSA-44 signature holds (FIPS 204, algorithms 3 and 8, the "pure" form with an empty context), in
Python's standard library alone. verify.py uses this file, since openssl knows ML-DSA from version 3.5 on only. Not made to keep
secrets: it is only ever given what anybody may see.

    python3 verify_mldsa.py KEY MESSAGE SIGNATURE        three files; exit status 0 it holds, 1 it does not

Names and numbers in brackets are those of the standard.
"""
import functools, sys
from hashlib import shake_128, shake_256

Q, D, TAU, BETA, OMEGA, K, L = 8380417, 13, 39, 78, 80, 4, 4  # table 1, ML-DSA-44
GAMMA1, GAMMA2 = 1 << 17, (Q - 1) // 88
KEY, SIGNATURE = 1312, 2420  # bytes
ZETAS = [pow(1753, int(format(at, "08b")[::-1], 2), Q) for at in range(256)]  # appendix B

def unpack(data, bits):  # [BitUnpack, SimpleBitUnpack] without the offset
    number = int.from_bytes(data, "little")
    return [number >> at & (1 << bits) - 1 for at in range(0, len(data) * 8, bits)]

def chunks(data, size): return [data[at:at + size] for at in range(0, len(data), size)]

def ntt(poly):  # [41]
    poly, at, half = poly[:], 0, 128
    while half:
        for start in range(0, 256, 2 * half):
            at += 1
            for low in range(start, start + half):
                turned = ZETAS[at] * poly[low + half]
                poly[low], poly[low + half] = (poly[low] + turned) % Q, (poly[low] - turned) % Q
        half //= 2
    return poly

def back(poly):  # [42]
    poly, at, half = poly[:], 256, 1
    while half < 256:
        for start in range(0, 256, 2 * half):
            at -= 1
            for low in range(start, start + half):
                one, other = poly[low], poly[low + half]
                poly[low], poly[low + half] = (one + other) % Q, -ZETAS[at] * (one - other) % Q
        half *= 2
    return [8347681 * one % Q for one in poly]  # 256 to the power of -1

def matrix(seed):  # [30, 32]: rejection from a stream, of which 1,344 bytes leave enough but for one in 2^100
    def poly(row, column):
        stream = chunks(shake_128(seed + bytes([column, row])).digest(1344), 3)
        drawn = (int.from_bytes(three, "little") & 0x7fffff for three in stream)
        return [one for one in drawn if one < Q][:256]
    return [[poly(row, column) for column in range(L)] for row in range(K)]

def ball(seed):  # [29]
    stream, poly = shake_256(seed).digest(2048), [0] * 256
    signs, rest = int.from_bytes(stream[:8], "little"), iter(stream[8:])
    for at in range(256 - TAU, 256):
        place = next(one for one in rest if one <= at)
        poly[at], poly[place] = poly[place], 1 - 2 * (signs & 1)
        signs >>= 1
    return poly

def hints(data):  # [21]; each place rises and nothing is left over, so that a signature has one spelling
    ends, places, found, first = data[OMEGA:], data[:OMEGA], [], 0
    for end in ends:
        if not first <= end <= OMEGA or any(a >= b for a, b in zip(places[first:end], places[first + 1:end])): return None
        found.append(set(places[first:end]))
        first = end
    return None if any(places[first:]) else found

def used(hint, number):  # [36, 40]
    low = number % (2 * GAMMA2)
    low -= 2 * GAMMA2 * (low > GAMMA2)
    high, low = (0, low - 1) if number - low == Q - 1 else ((number - low) // (2 * GAMMA2), low)
    return (high + (1 if low > 0 else -1)) % 44 if hint else high

@functools.lru_cache(8)
def opened(key): return matrix(key[:32]), [ntt([one << D for one in unpack(part, 10)]) for part in chunks(key[32:], 320)]

def holds(key, message, signature):  # [3, 8]
    if len(key) != KEY or len(signature) != SIGNATURE: return False
    seed, packed, hint = signature[:32], signature[32:-OMEGA - K], hints(signature[-OMEGA - K:])
    answer = [[GAMMA1 - one for one in unpack(part, 18)] for part in chunks(packed, 576)]
    if hint is None or any(abs(one) >= GAMMA1 - BETA for part in answer for one in part): return False
    digest = shake_256(shake_256(key).digest(64) + b"\0\0" + message).digest(64)
    (rows, shift), turned, challenge = opened(key), [ntt(part) for part in answer], ntt(ball(seed))
    highs = 0
    for row in reversed(range(K)):
        products = zip(challenge, shift[row], *(part for pair in zip(rows[row], turned) for part in pair))
        poly = back([(a * x + b * y + c * z + d * w - by * t) % Q for by, t, a, x, b, y, c, z, d, w in products])
        for at in reversed(range(256)): highs = highs << 6 | used(at in hint[row], poly[at])
    return shake_256(digest + highs.to_bytes(768, "little")).digest(32) == seed

if __name__ == "__main__":
    sys.exit(0 if holds(*(open(path, "rb").read() for path in sys.argv[1:4])) else 1)
