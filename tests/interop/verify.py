"""A second verifier of a bundle, written from the README in the bundle, the C2SP specifications and the stated form of the zip.

    python verify.py bundle.zip trust.toml        exit code 0: every check holds; 1: something is not as it was signed

It exists to disagree: `qaqpa audit verify` and this share no code, no language and no library for zip, hashes or signatures.
"""

import base64
import hashlib
import io
import json
import struct
import sys
import tomllib
import zipfile
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FILES = ["README.txt", "records.jsonl", "hashes.bin", "checkpoint", "manifest.json"]


class Wrong(Exception):
    """One sentence: what is not as it was signed."""


def check(true, what):
    if not true:
        raise Wrong(what)


def verify(bundle, trust):
    """Raises Wrong; returns the number of records."""
    files = unpack(bundle)
    origin, size, root = checkpoint(files["checkpoint"], tomllib.loads(trust))
    hashes = [files["hashes.bin"][at:at + 32] for at in range(0, len(files["hashes.bin"]), 32)]
    check(len(files["hashes.bin"]) == 32 * size, "hashes.bin has not 32 bytes for each leaf")
    check(merkle(hashes) == root, "the leaf hashes do not lead to the signed root")
    lines = files["records.jsonl"].split(b"\n")
    check(lines.pop() == b"", "the last line does not end")
    start = json.loads(files["manifest.json"])["from"] if not lines else json.loads(lines[0])["seq"]
    for at, line in enumerate(lines, start):
        check(at < size and sha256(b"\0" + line) == hashes[at], f"record {at} is not the one that was logged")
        record = json.loads(line)
        check((record["v"], record["lane"], record["seq"]) == (1, origin, at), f"record {at} names another lane or number")
    check(files["manifest.json"] == manifest(files, origin, size, root, start, start + len(lines)), "the manifest says something else than the files")
    return len(lines)


def unpack(bundle):
    """The five files. Packed again they give the same bytes, so there is nothing between, before or behind them."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        check(archive.namelist() == FILES, "there are other files than the five")
        files = {name: archive.read(name) for name in FILES}
    check(pack(files) == bundle, "the container is not in its one form")
    return files


def pack(files):
    """Stored, dated 1980-01-01, made by unix, mode 0644."""
    body, directory = b"", b""
    for name, data in files.items():
        core = struct.pack("<HHHHHIIIHH", 10, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        directory += b"PK\1\2" + bytes([20, 3]) + core + bytes(6) + struct.pack("<II", 0o100644 << 16, len(body)) + name.encode()
        body += b"PK\3\4" + core + name.encode() + data
    count = len(files)
    return body + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)


def checkpoint(note, trust):
    """Origin, size and root, once the signature of the trusted key of that lane holds (c2sp.org/signed-note, /tlog-checkpoint)."""
    text, _, signatures = note.decode().rpartition("\n\n")
    origin, size, root = text.split("\n")
    keys = [lane["key"] for lane in trust["lane"] if lane["origin"] == origin]
    check(len(keys) == 1, "the lane is not trusted")
    name, key_id, key = keys[0].split("+", 2)
    key, key_id = base64.b64decode(key, validate=True), bytes.fromhex(key_id)
    named = (name, key_id) == (origin, sha256(name.encode() + b"\n" + key)[:4])
    check(named and key[0] == 1 and len(key) == 33, "the trusted key is not an Ed25519 key of the lane")
    found = 0
    for line in signatures.removesuffix("\n").split("\n"):
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        check(dash == "\N{EM DASH}" and signatures.endswith("\n"), "a signature line is malformed")
        if signer == name and signature[:4] == key_id:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], text.encode() + b"\n")
            found += 1
    check(found > 0, "the trusted key did not sign")
    return origin, int(size), base64.b64decode(root, validate=True)


def merkle(hashes):
    """RFC 6962 section 2.1, over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"")
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + merkle(hashes[:split]) + merkle(hashes[split:]))


def sha256(data):
    return hashlib.sha256(data).digest()


def manifest(files, origin, size, root, start, end):
    """The only manifest that these files may have."""
    listed = {name: {"bytes": len(files[name]), "sha256": sha256(files[name]).hex()} for name in sorted(FILES[:4])}
    said = {"v": 1, "origin": origin, "size": size, "root": root.hex(), "from": start, "to": end, "files": listed}
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"


def main(bundle, trust):
    try:
        print(f"valid: {verify(open(bundle, 'rb').read(), open(trust).read())} records")
    except (Wrong, InvalidSignature, zipfile.BadZipFile, ValueError, KeyError, NotImplementedError, OSError, EOFError) as error:
        sys.exit(f"not valid: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
