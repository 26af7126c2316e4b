"""Two verifiers that share nothing, on the same bundles: the good one, and every forgery that either of them could miss."""

import base64
import json
import random
import subprocess
import sys
import types

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import verify
from world import REPOSITORY, binary, qaqpa

TWIN = REPOSITORY / "tests/interop/verify.py"
VALID, TAMPERED = 0, 1


@pytest.fixture(scope="module")
def good(demo):
    """The demo's bundle, taken apart, and who signed it."""
    bundle = (demo.directory / "bundle.zip").read_bytes()
    trust = demo.directory / "trust.toml"
    return types.SimpleNamespace(bundle=bundle, files=verify.unpack(bundle), trust=trust, directory=demo.directory)


def twin(bundle, trust):
    run = subprocess.run([sys.executable, TWIN, bundle, trust], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def ours(bundle, trust):
    run = subprocess.run([binary(), "audit", "verify", bundle, "--trust", trust, "--format", "json"], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def test_both_find_the_good_bundle_valid(good):
    code, said = twin(good.directory / "bundle.zip", good.trust)
    assert code == VALID, said
    code, report = ours(good.directory / "bundle.zip", good.trust)
    assert code == VALID, report
    assert said == f"valid: {json.loads(report)['records']} records\n"


@pytest.mark.parametrize("start, end", [(0, 1), (3, 9), (100, 101), (0, 300)])
def test_both_find_an_excerpt_valid(good, tmp_path, start, end):
    excerpt = tmp_path / "excerpt.zip"
    qaqpa("audit", "export", "--config", good.directory / "gateway.toml", "--format", "bundle", "--out", excerpt, "--from", start, "--to", end)
    assert twin(excerpt, good.trust) == (VALID, f"valid: {end - start} records\n")
    code, report = ours(excerpt, good.trust)
    assert (code, json.loads(report)["records"]) == (VALID, end - start), report


def repacked(files, **changed):
    """A bundle around changed files whose container and manifest are flawless."""
    files = {**files, **{name.replace("_", "."): data for name, data in changed.items()}}
    origin, size, root = files["checkpoint"].decode().split("\n")[:3]
    lines = files["records.jsonl"].splitlines()
    start = json.loads(lines[0])["seq"]
    files["manifest.json"] = verify.manifest(files, origin, int(size), base64.b64decode(root), start, start + len(lines))
    return verify.pack(files)


def edited(good, edit):
    """The records as `edit` leaves them, the rest as signed."""
    lines = good.files["records.jsonl"].splitlines(keepends=True)
    edit(lines)
    return repacked(good.files, records_jsonl=b"".join(lines))


def rehashed(good, edit):
    """The same, and hashes.bin made from the changed records: only the signed root is left to tell."""
    lines = good.files["records.jsonl"].splitlines(keepends=True)
    edit(lines)
    return repacked(good.files, records_jsonl=b"".join(lines), hashes_bin=b"".join(verify.sha256(b"\0" + line[:-1]) for line in lines))


def swap(lines):
    lines[5], lines[6] = lines[6], lines[5]


def another_word(lines):
    lines[10] = lines[10].replace(b'"state-exchange"', b'"marketing"').replace(b'"answered"', b'"refused"')
    assert b'"marketing"' in lines[10] or b'"refused"' in lines[10]


def resigned(good, size=None):
    """A checkpoint of somebody who calls himself like the lane."""
    origin, old_size, root = good.files["checkpoint"].decode().split("\n")[:3]
    key = Ed25519PrivateKey.generate()
    public = b"\1" + key.public_key().public_bytes_raw()
    text = f"{origin}\n{size or old_size}\n{root}\n"
    blob = verify.sha256(origin.encode() + b"\n" + public)[:4] + key.sign(text.encode())
    return repacked(good.files, checkpoint=f"{text}\n\N{EM DASH} {origin} {base64.b64encode(blob).decode()}\n".encode())


def note(good, change):
    return repacked(good.files, checkpoint=change(good.files["checkpoint"]))


FORGERIES = {
    "a record left out": lambda good: edited(good, lambda lines: lines.pop(4)),
    "the last record left out, its hash too": lambda good: rehashed(good, lambda lines: lines.pop()),
    "a record twice": lambda good: edited(good, lambda lines: lines.insert(4, lines[4])),
    "two records changed places": lambda good: edited(good, swap),
    "two records changed places, hashes too": lambda good: rehashed(good, swap),
    "another word": lambda good: edited(good, another_word),
    "another word, hashes too": lambda good: rehashed(good, another_word),
    "a space more": lambda good: edited(good, lambda lines: lines.__setitem__(3, lines[3].replace(b"\n", b" \n"))),
    "another hash": lambda good: repacked(good.files, hashes_bin=bytes(32) + good.files["hashes.bin"][32:]),
    "one hash more": lambda good: repacked(good.files, hashes_bin=good.files["hashes.bin"] + bytes(32)),
    "another README": lambda good: verify.pack({**good.files, "README.txt": b"All is well.\n"}),
    "signed by another key of the same name": resigned,
    "a larger size, signed by another key": lambda good: resigned(good, 10_000),
    "no signature": lambda good: note(good, lambda text: text.split(b"\n\n")[0] + b"\n\n"),
    "another lane": lambda good: note(good, lambda text: b"x" + text),
    "an extension line": lambda good: note(good, lambda text: text.replace(b"\n\n", b"\nmore\n\n")),
    "a byte before": lambda good: b"\0" + good.bundle,
    "a byte behind": lambda good: good.bundle + b"\0",
    "cut in the middle": lambda good: good.bundle[:len(good.bundle) // 2],
    "a sixth file": lambda good: verify.pack({**good.files, "extra.txt": b""}),
    "four files": lambda good: verify.pack({name: data for name, data in good.files.items() if name != "README.txt"}),
}


def both_refuse(good, bundle, directory):
    forged = directory / "forged.zip"
    forged.write_bytes(bundle)
    code, said = twin(forged, good.trust)
    assert code != VALID and said.startswith("not valid: "), said
    code, report = ours(forged, good.trust)
    return code, report


@pytest.mark.parametrize("forgery", FORGERIES)
def test_both_refuse_a_forgery(good, tmp_path, forgery):
    code, report = both_refuse(good, FORGERIES[forgery](good), tmp_path)
    assert code == TAMPERED, report


def places(bundle, count):
    """Bytes all over the bundle, with a seed: also in headers, in the directory and in what nobody reads."""
    source = random.Random(20261120)
    return [source.randrange(4, len(bundle)) for _ in range(count - 10)] + list(range(len(bundle) - 22, len(bundle), 2))[:10]


def test_both_refuse_fifty_flipped_bits(good, tmp_path):
    for at in places(good.bundle, 50):
        flipped = bytearray(good.bundle)
        flipped[at] ^= 1 << at % 8
        code, report = both_refuse(good, bytes(flipped), tmp_path)
        assert code == TAMPERED, f"byte {at}: {report}"


def test_both_distrust_another_key(good, tmp_path):
    trust = good.trust.read_text()
    origin = trust.split('origin = "')[1].split('"')[0]
    public = b"\1" + Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    key_id = verify.sha256(origin.encode() + b"\n" + public)[:4].hex()
    other = tmp_path / "trust.toml"
    other.write_text(f'[[lane]]\norigin = "{origin}"\nkey = "{origin}+{key_id}+{base64.b64encode(public).decode()}"\n')
    assert twin(good.directory / "bundle.zip", other)[0] != VALID
    assert ours(good.directory / "bundle.zip", other)[0] != VALID
