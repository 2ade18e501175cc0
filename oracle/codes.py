"""Draws the QR codes of a page by `casefile paper write` as grey pictures, for a decoder that reads no HTML.

    codes.py PAGE FOLDER       writes FOLDER/1.pgm and on
"""
import pathlib
import re
import sys

SCALE = 4  # pixels of a square


def main(page, folder):
    html = pathlib.Path(page).read_text("utf-8")
    for number, picture in enumerate(re.findall(r"<svg.*?</svg>", html, re.S), 1):
        side = int(re.search(r'viewBox="0 0 (\d+)', picture).group(1))
        rows = [bytearray(b"\xff" * side) for _ in range(side)]
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", picture):
            rows[int(y)][int(x):int(x) + int(run)] = bytes(int(run))
        wide = [b"".join(bytes([square]) * SCALE for square in row) * SCALE for row in rows]
        header = b"P5 %d %d 255\n" % (side * SCALE, side * SCALE)
        (pathlib.Path(folder) / ("%d.pgm" % number)).write_bytes(header + b"".join(wide))


if __name__ == "__main__":
    main(*sys.argv[1:])
