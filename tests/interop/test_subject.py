"""A person's rights, from the command line: what was exchanged, stop it, take it back, forget it.

The number goes in by standard input; afterwards it is looked for everywhere it must not be.
"""

import csv
import hashlib
import json
import os
import pty
import re
import stat
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from calls import context
from test_cli import HEADER
from world import SCHOOL, binary, iin, qaqpa, until

REFUSED, IN_ARGUMENTS, UNUSABLE_INPUT, NO_ANSWER = 1, 2, 65, 69
PERSON, GUARDIAN = iin(700), iin(701)
REPORTING = "reporting"


def access(world, who="clients/officer"):
    return ["--gateway", f"https://localhost:{world.gateway_port}", "--ca", world.file("ca.pem"),
            "--certificate", world.file(f"{who}.pem"), "--key", world.file(f"{who}.key")]


def run(world, *arguments, given=PERSON, wanted=0, who="clients/officer"):
    """A command with lines of standard input. Whatever it says, it does not say the number."""
    run = subprocess.run([binary(), *map(str, arguments), *map(str, access(world, who))], input=given + "\n", capture_output=True, text=True, timeout=120)
    assert run.returncode == wanted, f"exit code {run.returncode}, wanted {wanted}\n{run.stdout}\n{run.stderr}"
    for line in given.splitlines():
        assert line not in run.stdout + run.stderr
    return run


def told(world, *arguments, **how):
    return json.loads(run(world, *arguments, "--format", "json", **how).stdout)


def sync(world, directory, name, wanted=0):
    """Sends the person's record; returns the reason of a refusal."""
    file = directory / f"{name}.csv"
    with open(file, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerow([PERSON, "ТЕСТОВ", name, "1999-12-31", "+77000000000", "student@example.kz", "G-1", SCHOOL, "B-12", "B", "2026-11-02", "2027-01-29"])
    run(world, "sync", file, "--on-behalf-of", SCHOOL, who="clients/school", wanted=wanted)
    if wanted:
        with open(f"{file}.refused.csv", newline="") as lines:
            return next(csv.DictReader(lines))["refused_reason"]


def get_status(stubs, world):
    request = stubs.training.GetStudentStatusRequest(context=context(stubs, purpose=REPORTING), iin=PERSON)
    with world.channel() as channel:
        return stubs.services.TrainingStub(channel).GetStudentStatus(request, timeout=30)


def give(world, tmp_path, *more, **how):
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"what a person signed")
    return told(world, "consent", "give", "--iin", "--purpose", REPORTING, "--form", "written", "--evidence", scan,
                "--on-behalf-of", SCHOOL, "--days", "30", *more, **how)["consent"]


def test_what_was_exchanged_and_every_right_that_follows(own_world, stubs, tmp_path):
    sync(own_world, tmp_path, "ОДИН")
    consent = give(own_world, tmp_path)
    assert [found["id"] for found in told(own_world, "consent", "list", "--iin")["consents"]] == [consent["id"]]
    assert told(own_world, "consent", "get", consent["id"])["consent"]["state"] == "STATE_LIVE"
    get_status(stubs, own_world)

    # What was exchanged: for programs, for Estonia, for the person.
    counted, sent = told(own_world, "subject", "report", "--iin")["entries"]
    assert (sent["purpose"], sent["outcome"], sent["system"], sent["consent"]) == ("state-exchange", "OUTCOME_ANSWERED", "avtoshkola", "")
    assert (counted["purpose"], counted["consent"]) == (REPORTING, consent["id"])
    assert {"path": "student.iin", "category": "IIN"} in sent["request_fields"]
    assert "PHONE" in [withheld["category"] for withheld in sent["withheld"]]
    estonia = json.loads(run(own_world, "subject", "report", "--iin", "--format", "estonia").stdout)
    assert estonia["totalUsages"] == 2 and {"logtime", "action", "receiverCode", "receiverName", "receiverSystem"} == set(estonia["usages"][0])
    for language, words in {"kk": "Сіздің құқықтарыңыз", "ru": "Ваши права", "en": "Your rights"}.items():
        page = tmp_path / f"report.{language}.html"
        run(own_world, "subject", "report", "--iin", "--format", "html", "--language", language, "--output", page)
        text = page.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
        assert root.get("lang") == language and words in text and sent["exchange_id"] in text and consent["id"] in text
        assert "<script" not in text and not re.search(r"\b9912\d{8}\b", text)
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert sent["exchange_id"] in run(own_world, "subject", "report", "--iin", "--language", "ru").stdout
    assert told(own_world, "subject", "report", "--iin", "--to", "2026-01-01")["entries"] == []

    # Stop it, for all purposes; let it go on; stop one purpose.
    hold = told(own_world, "subject", "restrict", "--iin", "--basis", "disputed")["hold"]
    assert sync(own_world, tmp_path, "ДВА", wanted=REFUSED) == "subject.restricted"
    assert told(own_world, "subject", "unrestrict", hold["id"])["hold"]["lifted_at"]
    sync(own_world, tmp_path, "ТРИ")
    objection = told(own_world, "subject", "object", "--iin", "--purpose", "state-exchange")["hold"]
    assert sync(own_world, tmp_path, "ЧЕТЫРЕ", wanted=REFUSED) == "subject.objected"
    assert objection["id"] in run(own_world, "subject", "unrestrict", objection["id"], "--language", "kk").stdout
    disputed = told(own_world, "subject", "correct", "--iin", "--field", "student.surname", "--note", "wrong", "--forward")
    assert [(to["system"], to["fields"]) for to in disputed["forwarded_to"]] == [("avtoshkola", ["student.surname"])]

    # Take it back, see what goes next, forget the rest.
    assert told(own_world, "consent", "withdraw", "--iin", "--purpose", REPORTING)["withdrawn"] == [consent["id"]]
    assert "consent.already_withdrawn" in run(own_world, "consent", "withdraw", "--id", consent["id"], wanted=REFUSED).stderr
    due = told(own_world, "retention", "due")["items"]
    assert (due[0]["what"], due[0]["id"]) == ("DUE_KIND_CONSENT_CONTENT", consent["id"])
    assert consent["id"] in run(own_world, "retention", "due", "--language", "ru", "--until", "2027-12-31").stdout
    assert "--yes" in run(own_world, "subject", "erase", "--iin", wanted=UNUSABLE_INPUT).stderr
    erased = run(own_world, "subject", "erase", "--iin", "--yes", "--format", "json")
    assert "cannot be undone" in erased.stderr and json.loads(erased.stdout)["found"]
    assert told(own_world, "subject", "report", "--iin")["entries"] == []
    assert "No exchange about you was found" in run(own_world, "subject", "report", "--iin", "--format", "html").stdout
    assert not told(own_world, "subject", "erase", "--iin", "--yes")["found"]

    digest = hashlib.sha256(b"what a person signed").hexdigest()
    for where in [own_world.logs(), json.dumps(own_world.records())]:
        assert PERSON not in where and digest not in where


def test_who_may_not_and_what_is_wrong_is_said(own_world, tmp_path):
    stranger = run(own_world, "subject", "report", "--iin", who="clients/school", wanted=REFUSED)
    assert "caller.role" in stranger.stderr
    assert "контрольная цифра" in run(own_world, "subject", "report", "--iin", "--language", "ru", given="991231500007", wanted=UNUSABLE_INPUT).stderr
    assert run(own_world, "consent", "list", "--iin", given="", wanted=UNUSABLE_INPUT).stdout == ""
    unknown = run(own_world, "subject", "correct", "--iin", "--field", "student.colour", "--note", "wrong", wanted=REFUSED).stderr
    assert "request.invalid" in unknown and "fields[0]: unknown" in unknown
    assert give(own_world, tmp_path, "--guardian", given=f"{PERSON}\n{GUARDIAN}")["by_guardian"]
    own_world.stop()
    run(own_world, "subject", "report", "--iin", wanted=NO_ANSWER)


@pytest.mark.parametrize("arguments", [["subject", "report", "--iin", PERSON], ["subject", "report", f"--iin={PERSON}"], ["consent", "list", PERSON],
                                       ["subject", "report", "--output", f"{PERSON}.html"]], ids=["value", "joined", "alone", "file"])
def test_a_number_among_the_arguments_is_refused_and_not_repeated(arguments):
    for language, words in {"kk": "ЖСН", "ru": "ИИН", "en": "IIN"}.items():
        said = qaqpa(*arguments, "--language", language, wanted=IN_ARGUMENTS)
        assert words in said.stderr and PERSON not in said.stderr and said.stdout == ""


def typed(world, *arguments, lines):
    """The exit code and all that the terminal showed while a person answered each prompt."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(binary(), [binary(), *map(str, arguments), *map(str, access(world))])
    shown = b""

    def more():
        nonlocal shown
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end is closed
            return False
        shown += read
        return bool(read)

    for prompt, answer in lines:
        while prompt not in shown.decode(errors="replace"):
            assert more(), shown
        os.write(terminal, f"{answer}\n".encode())
    while more():
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_a_number_that_is_typed_is_not_shown(own_world, tmp_path):
    sync(own_world, tmp_path, "ОДИН")
    code, shown = typed(own_world, "subject", "report", "--iin", lines=[("IIN: ", PERSON)])
    assert code == 0 and "answered" in shown and PERSON not in shown
    code, shown = typed(own_world, "subject", "report", "--iin", lines=[("IIN: ", PERSON[:5] + "\x03")])
    assert code == UNUSABLE_INPUT and PERSON[:5] not in shown
    code, shown = typed(own_world, "subject", "erase", "--iin", lines=[("IIN: ", PERSON), ("To confirm, type: erase", "no")])
    assert code == UNUSABLE_INPUT and "nothing was erased" in shown
    code, shown = typed(own_world, "subject", "erase", "--iin", lines=[("IIN: ", PERSON), ("To confirm, type: erase", "erase")])
    assert code == 0 and "The key is destroyed" in shown and PERSON not in shown


def test_consents_are_watched_as_they_come(own_world, tmp_path):
    log = tmp_path / "events"
    with open(log, "wb") as out:
        watch = subprocess.Popen([binary(), "consent", "watch", "--since", "2026-01-01", "--format", "json", *map(str, access(own_world))], stdin=subprocess.DEVNULL, stdout=out)
    try:
        consent = give(own_world, tmp_path)
        until(lambda: consent["id"] in log.read_text(), "the event")
        assert json.loads(log.read_text().splitlines()[0])["event"] == "EVENT_KIND_GIVEN"
    finally:
        watch.kill()
        watch.wait()


def test_a_pending_pack_is_tried_beside_the_live_one(own_world, tmp_path):
    pack = (own_world.directory / "policy/avtomektep.yaml").read_text(encoding="utf-8")
    rule = '      - { category: iin, clause: "3" }\n'
    wider = tmp_path / "wider.yaml"
    wider.write_text(pack.replace(rule, rule + '      - { category: phone, clause: "3" }\n', 1), encoding="utf-8")
    arguments = ["policy", "shadow", "--for", "60s", "--exchanges", "1", "--format", "json", *access(own_world, "clients/admin")]
    for name, (file, wanted) in {"ПЯТЬ": (wider, 1), "ШЕСТЬ": (own_world.directory / "policy/avtomektep.yaml", 0)}.items():
        began = sum(record.get("event") == "shadow_began" for record in own_world.records())
        shadow = subprocess.Popen([binary(), *map(str, [*arguments, file])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: sum(record.get("event") == "shadow_began" for record in own_world.records()) > began or shadow.poll() is not None, "the run")
        sync(own_world, tmp_path, name)
        out, err = shadow.communicate(timeout=60)
        assert shadow.returncode == wanted, out + err
        report = json.loads(out)
        assert report["exchanges_seen"] == 1 and [change["path"] for change in report["changes"]] == (["student.phone"] if wanted else [])
    (tmp_path / "none.yaml").write_text("purposes: []\n")
    assert "none.yaml:" in qaqpa(*arguments, tmp_path / "none.yaml", wanted=2).stderr
