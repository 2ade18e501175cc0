"""Mirrors in a real S3-compatible store, as a person has them, and as a stranger sees them through Amazon's own library.

    store.py CASEFILE                             in moto, the server in Python, which this starts
    store.py CASEFILE ENDPOINT KEY SECRET BUCKET  in another server that runs there and has this empty bucket

casefile speaks to the server through a relay of ours, which counts what is asked, refuses what is not signed as
botocore signs it, and ends casefile, or dies itself, at a request that it is told. What is in the store is looked at,
and harmed, with boto3. Exit status 1 where something is not as it must be.
"""
import hashlib, http.client, http.server, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, threading
import time, urllib.parse

import boto3, botocore.auth, botocore.awsrequest, botocore.config, botocore.credentials, botocore.exceptions

PART = 64 << 20  # as long as an object goes whole


class Relay:
    """Between casefile and the server. `seen`: method and key of each request that was passed on."""
    def __init__(self, endpoint, key, secret, bucket):
        self.to, self.keys, self.bucket = endpoint, botocore.credentials.Credentials(key, secret), bucket
        self.seen, self.at, self.then, self.dead, self.lock = [], 0, None, False, threading.Lock()
        relay = self

        class Passing(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = lambda self: relay.passed(self)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        server.daemon_threads, server.handle_error = True, lambda *_: None
        self.address = "http://127.0.0.1:%d" % server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def reset(self, at=0, then=None):
        self.seen, self.at, self.then, self.dead = [], at, then, False

    def passed(self, asked):
        """Passes one request on, unless the server is to be dead by now: then the connection ends without a word."""
        body = asked.rfile.read(int(asked.headers.get("content-length") or 0))
        key = urllib.parse.unquote(urllib.parse.urlsplit(asked.path).path)[len(self.bucket) + 2:]
        with self.lock:
            if not self.dead:
                self.seen.append((asked.command, key))
                if self.then and len(self.seen) == self.at:
                    self.then()
        if self.dead:
            asked.close_connection = True
            return
        status, headers, answer = 403, [], b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if self.is_signed(asked):
            there = http.client.HTTPConnection(self.to, timeout=60)
            try:
                there.request(asked.command, asked.path, body, dict(asked.headers))
                came = there.getresponse()
                status, headers, answer = came.status, came.getheaders(), came.read()
            except (OSError, http.client.HTTPException):  # as it does now and then: casefile asks again
                asked.close_connection = True
                return
            finally:
                there.close()
        try:
            asked.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    asked.send_header(name, value)
            length = dict((name.lower(), value) for name, value in headers).get("content-length")
            asked.send_header("Content-Length", length if asked.command == "HEAD" and length else str(len(answer)))
            asked.end_headers()
            if asked.command != "HEAD":
                asked.wfile.write(answer)
        except OSError:
            asked.close_connection = True

    def is_signed(self, asked):
        """Whether botocore makes the same signature (Signature Version 4, in the query)."""
        path, _, query = asked.path.partition("?")
        pairs = dict(urllib.parse.parse_qsl(query))
        rest = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
        names = pairs.get("X-Amz-SignedHeaders", "").split(";")
        try:
            region = pairs["X-Amz-Credential"].split("/")[2]
            signer = botocore.auth.S3SigV4QueryAuth(self.keys, "s3", region, expires=3600)
            request = botocore.awsrequest.AWSRequest(asked.command, "http://%s%s?%s" % (asked.headers["host"], path, rest),
                                                     {name: asked.headers[name] for name in names})
            request.context["timestamp"] = pairs["X-Amz-Date"]
            said = signer.string_to_sign(request, signer.canonical_request(request))
            return signer.signature(said, request) == pairs["X-Amz-Signature"] and signer.scope(request) in pairs["X-Amz-Credential"]
        except (KeyError, IndexError):
            return False


class Trial:
    def __init__(self, program, relay, client, root):
        self.program, self.relay, self.client, self.root, self.checks = program, relay, client, root, 0
        self.address, self.secret = "s3://%s/m" % relay.bucket, relay.keys.secret_key
        self.child = None

    def run(self, *words, code=0, says=(), secret=None):
        """casefile, in the folder of the trial; `code` None: whatever it ends with."""
        keys = {"AWS_ACCESS_KEY_ID": self.relay.keys.access_key, "AWS_SECRET_ACCESS_KEY": secret or self.secret,
                "AWS_ENDPOINT_URL": self.relay.address, "AWS_REGION": "us-east-1"}
        self.child = subprocess.Popen([self.program, *words], cwd=self.root, env={**os.environ, **keys}, text=True,
                                      errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
        said = self.child.communicate(timeout=300)[0]
        told = "%s: %d\n%s" % (" ".join(words), self.child.returncode, said)
        assert code is None or self.child.returncode == code, "not %s: %s" % (code, told)
        for word in says:
            assert word in said, "no %r in %s" % (word, told)
        assert self.secret not in said and "X-Amz" not in said, "it tells a secret: " + told
        self.checks += 1
        return self.child.returncode

    def mirror(self, **expect):
        return self.run("-C", "case", "mirror", self.address, **expect)

    def verify(self, **expect):
        return self.run("verify", self.address, **expect)

    def capture(self, *texts, case="case"):
        for text in texts:
            (self.root / "item.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
            self.run("-C", case, "capture", "item.txt")

    def store(self):
        """What a stranger finds in the store: key and digest."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.relay.bucket, Prefix="m/")
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        return {key[2:]: hashlib.sha256(self.get(key[2:])).hexdigest() for key in keys}

    def get(self, place):
        return self.client.get_object(Bucket=self.relay.bucket, Key="m/" + place)["Body"].read()

    def put(self, place, data):
        self.client.put_object(Bucket=self.relay.bucket, Key="m/" + place, Body=data)

    def remove(self, place):
        self.client.delete_object(Bucket=self.relay.bucket, Key="m/" + place)

    def sent(self):
        """Keys of what was written, in all runs since the relay was reset."""
        return [key[2:] for method, key in self.relay.seen if method in ("PUT", "POST", "DELETE")]

    def is_whole(self):
        """Each object there has the digest that is its name, and each file of objects and log is the case's."""
        store, case = self.store(), self.root / "case"
        files = {str(path.relative_to(case)): path for top in ("objects", "log") for path in (case / top).rglob("*")
                 if path.is_file() and not {"incoming", "unacknowledged"} & set(path.parts)}
        for place, digest in store.items():
            if place.startswith("objects/"):
                assert place.replace("/", "")[len("objects"):] == digest, place + " is not what its name says"
            if place not in ("MIRROR", "VERSION") and not place.startswith("private/"):
                ours = hashlib.sha256(files[place].read_bytes()).hexdigest()
                assert ours == digest, place + " is not the case's"
        missing = [place for place in files if place not in store and ".p/" not in place]
        assert not missing, "the store lacks %s" % missing
        self.checks += 1


def made_and_grown(trial):
    trial.run("init", "case", "--unprotected")
    trial.capture(*("report %d: nobody was hurt\n" % number for number in range(12)))
    trial.run("-C", "case", "read")
    trial.mirror(says=["There was no mirror", "up to date"])
    trial.is_whole()
    trial.verify(says=["HOLDS"])
    trial.relay.reset()
    trial.mirror(says=["had the same"])
    assert not trial.sent(), "a second run sent %s" % trial.sent()
    trial.capture("one more\n", "and another\n")
    before = trial.store()
    trial.relay.reset()
    trial.mirror(says=["behind by 2"])
    sent = trial.sent()
    assert len(sent) == len(set(sent)), "sent twice in one run: %s" % sent
    again = [place for place in sent if place in before and place != "log/checkpoint" and ".p/" not in place]
    assert not again, "sent although it was there: %s" % again
    trial.is_whole()


def killed(trial):
    """casefile is killed at one request in five of a run; the next goes on with what is there."""
    trial.capture(*("another report %d\n" % number for number in range(6)))
    before, rounds, at = None, 0, 2
    while True:
        trial.relay.reset(at, lambda: trial.child.kill())
        if trial.mirror(code=None) == 0:
            break
        assert trial.child.returncode == -signal.SIGKILL, "it was not killed: %d" % trial.child.returncode
        trial.verify(says=["HOLDS"])  # as before the run
        before, rounds, at = trial.store(), rounds + 1, at + 5
    sent = trial.sent()
    trial.relay.reset()
    again = [place for place in sent if place in before and place != "log/checkpoint" and ".p/" not in place]
    assert rounds > 3 and not again, "killed %d times, sent again: %s" % (rounds, again)
    trial.is_whole()
    return rounds


def harmed(trial):
    """What is altered, gone, or does not belong, is found; and mended once it is taken away."""
    objects = sorted(place for place in trial.store() if place.startswith("objects/"))
    altered, gone, stray = objects[0], objects[1], "objects/00/" + "0" * 62
    data = bytearray(trial.get(altered))
    data[len(data) // 2] ^= 4
    trial.put(altered, bytes(data))
    trial.remove(gone)
    trial.put(stray, b"no record speaks of it\n")
    trial.put("objects/notes.txt", b"foreign\n")
    trial.put("log/notes.txt", b"foreign\n")
    trial.verify(code=1, says=["object-damaged", altered, "object-missing", gone, "object-unrecorded", stray,
                               "file-foreign", "objects/notes.txt", "log/notes.txt"])
    trial.mirror()  # what is missing is sent again
    trial.verify(code=1, says=["object-damaged"])
    for place in (altered, stray, "objects/notes.txt", "log/notes.txt"):
        trial.remove(place)
    trial.mirror()
    trial.verify(says=["HOLDS"])
    # The newest: what a longer one has superseded, nobody needs.
    tile = max((one for one in trial.store() if one.startswith("log/tile/entries/000.p/")), key=lambda one: int(one[23:]))
    text, whole = trial.get(tile), trial.get("log/checkpoint")
    trial.put(tile, text[:-1] + bytes([text[-1] ^ 1]))
    trial.verify(code=1)
    trial.capture("while the mirror is not whole\n")
    trial.mirror(code=3, says=[tile])
    assert trial.get("log/checkpoint") == whole, "a damaged log was gone on with"
    trial.put(tile, text)
    trial.mirror()
    trial.is_whole()


def repaired(trial):
    case = trial.root / "case"
    kept = {path: path.read_bytes() for path in (case / "objects").rglob("*") if path.is_file()}
    gone, altered = sorted(kept)[:2]
    gone.unlink()
    altered.chmod(0o644)
    altered.write_bytes(b"something else\n")
    trial.run("-C", "case", "repair", trial.address)
    assert gone.read_bytes() == kept[gone] and altered.read_bytes() == kept[altered], "not what it was"
    trial.run("verify", "case", says=["HOLDS"])
    trial.mirror()
    trial.run("-C", "new", "repair", trial.address, "--unrecorded")
    trial.run("verify", "new", says=["HOLDS"])
    for path, data in kept.items():
        assert (trial.root / "new" / path.relative_to(case)).read_bytes() == data, "%s is lost" % path


def told_apart(trial):
    """An older copy of the case, one that went its own way, and another case: each is said, and writes nothing."""
    shutil.copytree(trial.root / "case", trial.root / "old")
    shutil.copytree(trial.root / "case", trial.root / "fork")
    trial.capture("what goes on\n")
    trial.mirror()
    trial.capture("what goes another way\n", case="fork")
    trial.run("init", "foreign", "--unprotected")
    before = trial.store()
    trial.relay.reset()
    for case, word in (("old", "AHEAD"), ("fork", "FORKED"), ("foreign", "FOREIGN")):
        for more in ((), ("--compare",)):
            trial.run("-C", case, "mirror", trial.address, *more, code=1, says=[word, "nothing was written"])
    assert not trial.sent() and trial.store() == before, "something was written: %s" % trial.sent()


def refused_or_dead(trial):
    """Wrong keys, and a server that is gone: said at once or after the tries; nothing is lost, and the next run does it."""
    before = trial.store()
    for secret in ("wrong", trial.secret[:-1]):
        trial.mirror(code=3, secret=secret, says=["403"])
        trial.verify(code=3, secret=secret, says=["403"])
    trial.capture("said while the server dies\n", "and this\n")
    for at in (1, 14):
        trial.relay.reset(at, lambda: setattr(trial.relay, "dead", True))
        trial.mirror(code=3, says=["tried in vain", trial.address])
        assert trial.relay.dead, "the server did not die"
        trial.relay.reset()
        trial.run("verify", "case", says=["HOLDS"])
        trial.verify(says=["HOLDS"])
        after = trial.store()
        assert all(after.get(place) == digest for place, digest in before.items()), "what was there is not any more"
    trial.mirror()
    trial.is_whole()


def in_parts(trial):
    trial.capture(b"\0" * (PART + 1))
    trial.relay.reset()
    trial.mirror()
    parts = [key for method, key in trial.relay.seen if method == "POST"]
    assert len(parts) == 2, "the long object did not go in parts: %s" % parts
    trial.is_whole()
    trial.verify(says=["HOLDS"])


def erased(trial):
    """In a bucket that keeps versions, the key of an erased item is gone with all its versions."""
    try:
        trial.client.put_bucket_versioning(Bucket=trial.relay.bucket, VersioningConfiguration={"Status": "Enabled"})
    except botocore.exceptions.ClientError as wrong:
        return "not done: this server keeps no versions (%s)" % wrong.response["Error"]["Code"]
    (trial.root / "secret.txt").write_text("where they hide\n")
    made = subprocess.run(["age-keygen", "-o", trial.root / "me.key"], capture_output=True, text=True, check=True)
    trial.run("-C", "case", "capture", "secret.txt", "--sealed", "--recipient", made.stderr.split()[-1])
    trial.run("-C", "case", "mirror", trial.address, "--with-private")

    def versions():
        found = trial.client.list_object_versions(Bucket=trial.relay.bucket, Prefix="m/private/sealed/")
        return [one["Key"][2:] for kind in ("Versions", "DeleteMarkers") for one in found.get(kind, [])]

    (place,) = versions()
    trial.put(place, trial.get(place))
    assert len(versions()) == 2, "the bucket keeps no versions"
    item = place.rsplit("-", 1)[1][:16]
    trial.run("-C", "case", "erase", item, "--reason", "consent withdrawn")
    trial.mirror(says=["erasure-carried"])
    assert not versions(), "the key of an erased item is still there: %s" % versions()
    trial.verify(says=["HOLDS"])


SERVER = """
import sys
from moto.server import main
main(["-p", sys.argv[1]])
"""


def moto(folder):
    """The server in Python, on a free port, and what ends it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = open(folder / "server.log", "wb")
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stdout=log, stderr=log)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return "127.0.0.1:%d" % port, server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("moto does not start: " + (folder / "server.log").read_text())


def main(program, endpoint=None, key="AKIAEXAMPLE", secret="not-a-secret-of-anybody", bucket="evidence"):
    program, server = str(pathlib.Path(program).resolve()), None
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        try:
            if endpoint is None:
                endpoint, server = moto(root)
            relay = Relay(endpoint, key, secret, bucket)
            settings = botocore.config.Config(s3={"addressing_style": "path"}, signature_version="s3v4")
            client = boto3.client("s3", endpoint_url="http://" + endpoint, region_name="us-east-1", config=settings,
                                  aws_access_key_id=key, aws_secret_access_key=secret)
            if server:
                client.create_bucket(Bucket=bucket)
            trial = Trial(program, relay, client, root)
            for step in (made_and_grown, killed, harmed, repaired, told_apart, refused_or_dead, erased, in_parts):
                began, told = time.monotonic(), step(trial)
                print("%-16s %5.1f s %s" % (step.__name__, time.monotonic() - began, told or ""), flush=True)
            print("%d runs and looks" % trial.checks)
        finally:
            if server:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
