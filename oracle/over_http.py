"""Asks a cosigner over HTTP as C2SP tlog-witness v1.0.0 has it, and judges its answers: written from the specification.

    over_http.py HOST:PORT VKEY FIRST LATER

VKEY: file with the cosigner's key. FIRST: a request from size 0 for a log that it knows and has signed nothing of;
LATER: one that goes on from FIRST's size. All goes over one connection, which must be kept alive.
"""
import http.client
import pathlib
import sys
import tempfile

import verify_log

SIZE_KIND = "text/x.tlog.size"


def changed(data, old, new):
    assert old in data, old
    return data.replace(old, new, 1)


def main(place, vkey, first, later):
    first, later = pathlib.Path(first).read_bytes(), pathlib.Path(later).read_bytes()
    vkey = pathlib.Path(vkey).read_text("utf-8").strip()
    connection = http.client.HTTPConnection(place, timeout=30)
    asked = 0

    def ask(body, expect):
        nonlocal asked
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == expect, "%d instead of %d: %r" % (answer.status, expect, text)
        asked += 1
        return answer.getheader("Content-Type"), text

    checkpoint = lambda body: body.partition(b"\n\n")[2]
    size = lambda body: int(checkpoint(body).split(b"\n")[1])
    origin = checkpoint(first).split(b"\n")[0]
    for body, expect in (
        (b"", 400), (b"old 0\n", 400), (changed(first, b"old 0\n", b"old 00\n"), 400),
        (changed(later, b"old %d\n" % size(first), b"old %d\n" % (size(later) + 1)), 400),
        (first.replace(origin + b"\n", origin + b"x\n"), 404),
        (changed(first, b"\n%d\n" % size(first), b"\n%d\n" % (size(first) + 1)), 403),
    ):
        ask(body, expect)
    for body in first, later:
        if body is later:
            # From a size that was not signed last, and then with a proof that leads elsewhere.
            assert ask(first, 409) == (SIZE_KIND, b"%d\n" % size(first))
            lines = later.split(b"\n")
            lines[1] = b"A" * 43 + b"="
            ask(b"\n".join(lines), 422)
        _, lines = ask(body, 200)
        assert lines.startswith("\u2014 ".encode()) and lines.endswith(b"\n"), lines
        with tempfile.TemporaryDirectory() as verify_log.scratch:
            held = list(verify_log.cosignatures(vkey, checkpoint(body) + lines))
        assert held, "no cosignature by the key"
    assert ask(first, 409) == (SIZE_KIND, b"%d\n" % size(later))
    print("%d requests over one connection, each answered as the specification says" % asked)


if __name__ == "__main__":
    main(*sys.argv[1:])
