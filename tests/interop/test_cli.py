"""The command line as scripts see it: exit codes, places of problems, files it leaves."""

import csv
import json
import re
import subprocess
import zipfile

import pytest

from calls import give
from world import SCHOOL, binary, iin, qaqpa, until

USAGE, UNUSABLE_INPUT, BAD_CONFIGURATION = 64, 65, 78


# --- usage

WRONG_USAGE = [[], ["frobnicate"], ["serve"], ["serve", "--config"], ["check", "--config", "a", "--format", "xml"], ["audit"], ["audit", "verify"],
               ["sync", "a.csv"], ["certs", "dev"], ["mock", "up"], ["demo", "--keep"]]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage(arguments):
    run = qaqpa(*arguments, wanted=USAGE)
    assert ("Usage: qaqpa" in run.stderr or "--help" in run.stderr) and run.stdout == ""


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["audit", "verify", "--help"], ["--version"]], ids=" ".join)
def test_asking_for_help_is_no_error(arguments):
    run = qaqpa(*arguments)
    assert "qaqpa" in run.stdout and run.stderr == ""


# --- check

def line_of(config, beginning):
    return next(number for number, line in enumerate(config.read_text().splitlines(), 1) if line.startswith(beginning))


def test_a_good_configuration(laid_out):
    said = qaqpa("check", "--config", laid_out.config).stdout.splitlines()
    assert said[0] == "no problems found" and said[1].startswith("open files: ") and len(said) == 2
    told = json.loads(qaqpa("check", "--config", laid_out.config, "--format", "json").stdout)
    assert (told["problems"], told["warnings"]) == ([], []) and "limit" in told["open_files"]


# A change to a good file, the line that is at fault, and words of what is said about it.
MISTAKES = {
    "unknown keys and bounds": [
        ('[journal]\n', '[journal]\nsegment_mib = 0\nfsync = false\n', "fsync", "journal.fsync"),
        (None, None, "segment_mib", "journal.segment_mib"),
        ('[telemetry]\n', '[telemetry]\nlevel = "loud"\n', "level", "telemetry.level"),
    ],
    "names that lead nowhere": [
        ('endpoint = "shep"', 'endpoint = "nowhere"', 'endpoint = "nowhere"', "nowhere"),
        ('purposes = ["reporting"]', 'purposes = ["curiosity", "marketing"]', 'purposes = ["curiosity"', "curiosity"),
        (None, None, 'purposes = ["curiosity"', "prohibits the purpose `marketing`"),
        ('on_behalf_of = ["990140000017"]', 'on_behalf_of = ["990140000018"]', 'on_behalf_of = ["990140000018"]', "not a BIN"),
    ],
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_all_problems_are_named_at_once_with_their_lines(laid_out, kind):
    text = laid_out.config.read_text()
    for old, new, *_ in MISTAKES[kind]:
        assert old is None or old in text
        text = text.replace(old, new, 1) if old else text
    laid_out.config.write_text(text)
    said = qaqpa("check", "--config", laid_out.config, wanted=BAD_CONFIGURATION).stdout
    problems = json.loads(qaqpa("check", "--config", laid_out.config, "--format", "json", wanted=BAD_CONFIGURATION).stdout)["problems"]
    assert len(problems) == len(said.splitlines()) == len(MISTAKES[kind]), said
    for *_, beginning, words in MISTAKES[kind]:
        place = f"{laid_out.config}:{line_of(laid_out.config, beginning)}: "
        assert any(line.startswith(place) and words in line for line in said.splitlines()), f"{place}{words} in\n{said}"
    # What serve refuses is what check says.
    assert qaqpa("serve", "--config", laid_out.config, wanted=BAD_CONFIGURATION).stderr == said


def test_missing_files_are_named_together(laid_out):
    (laid_out.directory / "secrets/shep.password").unlink()
    laid_out.file("signers/gateway-signer.key").unlink()
    said = qaqpa("check", "--config", laid_out.config, wanted=BAD_CONFIGURATION).stdout
    assert "shep.password" in said and "gateway-signer.key" in said


# --- certs

def test_a_certificate_is_explained_without_naming_a_person(laid_out):
    said = qaqpa("certs", "inspect", laid_out.file("clients/school.pem")).stdout
    assert SCHOOL in said and 'uri = "urn:qaqpa:dev:school"' in said
    assert qaqpa("certs", "inspect", laid_out.file("ca.crl")).stdout
    assert "expired" in qaqpa("certs", "inspect", laid_out.file("enemies/expired.pem")).stdout.lower()


def test_a_private_key_is_not_shown_around(laid_out):
    run = qaqpa("certs", "inspect", laid_out.file("clients/school.key"), wanted=UNUSABLE_INPUT)
    assert "private key" in run.stderr and run.stdout == ""
    body = laid_out.pem("clients/school", "key").decode().splitlines()[1]
    assert body not in run.stderr


def test_secrets_are_for_their_owner_alone(laid_out):
    for file in [*(laid_out.directory / "secrets").iterdir(), *laid_out.file("").rglob("*.key")]:
        assert file.stat().st_mode & 0o077 == 0, file


def test_an_environment_is_never_overwritten(laid_out):
    before = laid_out.pem("ca")
    assert "already holds files" in qaqpa("certs", "dev", laid_out.directory, wanted=UNUSABLE_INPUT).stderr
    assert laid_out.pem("ca") == before


# --- mock

def test_the_mock_says_how_it_can_misbehave(laid_out):
    names = [line.split()[0] for line in qaqpa("mock", "behaviours").stdout.splitlines() if line.strip()]
    assert len(names) == len(set(names)) > 40 and {"normal", "silence", "wrapped-7"} <= set(names)
    assert "nonsense" in qaqpa("mock", "up", "--dir", laid_out.directory, "--behave", "nonsense", wanted=UNUSABLE_INPUT).stderr


# --- audit

def verified(*arguments, wanted):
    return json.loads(qaqpa("audit", "verify", *arguments, "--format", "json", wanted=wanted).stdout)


def test_the_four_answers_of_audit_verify(demo, tmp_path):
    bundle, trust = demo.directory / "bundle.zip", demo.directory / "trust.toml"
    assert verified(bundle, "--trust", trust, wanted=0)["verdict"] == "valid"
    octets = bytearray(bundle.read_bytes())
    at = octets.index(b'"phase":"OUTCOME"')
    octets[at + 10] ^= 1
    record = int(re.findall(rb'"seq":(\d+)', bytes(octets[:at]))[-1])
    flipped = tmp_path / "flipped.zip"
    flipped.write_bytes(octets)
    report = verified(flipped, "--trust", trust, wanted=1)
    assert report["verdict"] == "tampered" and record in [finding["index"] for finding in report["findings"]]
    assert verified(bundle, wanted=2)["unchecked"]
    (tmp_path / "rubbish.zip").write_bytes(b"\x7fELF" + bytes(400))
    for unusable in [tmp_path / "rubbish.zip", tmp_path / "missing.zip"]:
        assert verified(unusable, "--trust", trust, wanted=3)["unusable"]
    # For people, the same in words.
    assert f"record {record}" in qaqpa("audit", "verify", flipped, "--trust", trust, wanted=1).stdout


def test_an_earlier_checkpoint_must_be_the_beginning(demo, tmp_path):
    """Whoever keeps a checkpoint of today notices tomorrow when the journal was set back or begun anew."""
    bundle, trust, now = demo.directory / "bundle.zip", demo.directory / "trust.toml", tmp_path / "now.zip"
    qaqpa("audit", "export", "--config", demo.directory / "gateway.toml", "--format", "bundle", "--out", now)
    earlier, later, forged = tmp_path / "earlier", tmp_path / "later", tmp_path / "forged"
    earlier.write_bytes(zipfile.ZipFile(bundle).read("checkpoint"))
    later.write_bytes(zipfile.ZipFile(now).read("checkpoint"))
    forged.write_text(earlier.read_text().replace("\n", "\n1", 1))
    assert verified(now, "--trust", trust, "--previous", earlier, wanted=0)["findings"] == []
    assert [finding["check"] for finding in verified(bundle, "--trust", trust, "--previous", later, wanted=1)["findings"]] == ["consistency"]
    assert "does not hold" in verified(now, "--trust", trust, "--previous", forged, wanted=3)["unusable"]


# --- sync

HEADER = "iin,surname,name,birth_date,phone,email,group_external_id,school_bin,title,category,start_date,end_date".split(",")
BAD = {7: ("iin", "991231500007"), 19: ("birth_date", "31.12.1999")}


def rows(count=30):
    for number in range(count):
        person = [iin(number), "ТЕСТОВ", f"ТЕСТ{number}", "1999-12-31", f"+7700{number:07}", "student@example.kz"]
        row = dict(zip(HEADER, [*person, "G-1", SCHOOL, "B-12", "B", "2026-11-02", "2027-01-29"]))
        if number in BAD:
            field, value = BAD[number]
            row[field] = value
        yield row


def sync(world, file):
    """First line of the summary, and the exit code."""
    run = subprocess.run([binary(), "sync", file, "--gateway", f"https://localhost:{world.gateway_port}", "--ca", world.file("ca.pem"),
                          "--certificate", world.file("clients/school.pem"), "--key", world.file("clients/school.key"),
                          "--purpose", "state-exchange", "--on-behalf-of", SCHOOL], capture_output=True, text=True, timeout=120)
    return run.returncode, run.stdout.splitlines()[0] if run.stdout else run.stderr


def write(file, rows, header):
    with open(file, "w", newline="") as out:
        writer = csv.DictWriter(out, header)
        writer.writeheader()
        writer.writerows(rows)


def answered(world):
    return sum(record["phase"] == "OUTCOME" and record["result"] == "answered" for record in world.records())


def test_a_file_is_sent_once_however_often_it_is_sent(own_world, tmp_path):
    file = tmp_path / "students.csv"
    write(file, rows(), HEADER)
    assert sync(own_world, file) == (1, "28 sent, 0 done before, 2 refused, 0 unanswered")
    until(lambda: answered(own_world) == 28, "28 outcomes in the journal")
    # What was done is noted beside the file; and where the note is lost, the gateway still knows.
    assert sync(own_world, file) == (1, "0 sent, 28 done before, 2 refused, 0 unanswered")
    (tmp_path / "students.csv.done").unlink()
    assert sync(own_world, file) == (1, "0 sent, 28 done before, 2 refused, 0 unanswered")

    refused = tmp_path / "students.csv.refused.csv"
    with open(refused, newline="") as lines:
        found = list(csv.DictReader(lines))
    assert sorted(row["refused_fields"].split(":")[0] for row in found) == ["student.birth_date", "student.iin"]
    assert {row["refused_reason"] for row in found} == {"request.invalid"} and all(row["refused_message"] for row in found)
    for row in found:
        row["birth_date"] = "1999-12-31"
        row["iin"] = iin(100) if row["iin"] == BAD[7][1] else row["iin"]
    write(refused, found, found[0])
    assert sync(own_world, refused) == (0, "2 sent, 0 done before, 0 refused, 0 unanswered")
    until(lambda: answered(own_world) == 30, "30 outcomes in the journal")
    assert "991231" not in json.dumps(own_world.records())


def test_the_row_of_a_minor_waits_for_the_guardian_s_consent(own_world, stubs, tmp_path):
    file, header = tmp_path / "minor.csv", [*HEADER, "guardian_iin", "consent_ref"]
    (row,) = rows(1)
    minor = {**row, "birth_date": "2015-06-01", "guardian_iin": iin(200), "consent_ref": "GUARDIAN-1"}
    write(file, [minor], header)
    assert sync(own_world, file) == (1, "0 sent, 0 done before, 1 refused, 0 unanswered")
    with open(tmp_path / "minor.csv.refused.csv", newline="") as lines:
        assert [row["refused_reason"] for row in csv.DictReader(lines)] == ["consent.missing"]
    with own_world.channel() as channel:
        give(stubs, channel, minor["iin"], guardian_iin=minor["guardian_iin"], reference=minor["consent_ref"])
    assert sync(own_world, file) == (0, "1 sent, 0 done before, 0 refused, 0 unanswered")


def test_a_gateway_that_is_not_there(own_world, tmp_path):
    file = tmp_path / "students.csv"
    write(file, rows(3), HEADER)
    own_world.stop()
    code, said = sync(own_world, file)
    assert code not in (0, USAGE) and said
    assert not (tmp_path / "students.csv.done").exists() or not (tmp_path / "students.csv.done").read_text()
