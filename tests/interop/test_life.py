"""The gateway as a process: killed in the middle, asked to stop in the middle, told to read its certificates again."""

import shutil
import signal
import socket
import ssl

import grpc
import pytest

from calls import get_school
from world import SCHOOL, qaqpa, until


def get_school_later(stubs, channel):
    """A call under way, and a future of its end."""
    request = stubs.training.GetSchoolRequest(context=stubs.exchange.Context(purpose="state-exchange", on_behalf_of=SCHOOL), school_bin=SCHOOL)
    return stubs.services.TrainingStub(channel).GetSchool.future(request, timeout=30)


def of_phase(world, phase):
    return [record for record in world.records() if record["phase"] == phase]


def test_what_a_killed_gateway_left_open_is_settled(laid_out, stubs, tmp_path):
    """The state never answers, so the message has left and nobody knows more when the process is gone."""
    laid_out.mock("--behave", "silence")
    gateway = laid_out.gateway()
    with laid_out.channel() as channel:
        call = get_school_later(stubs, channel)
        until(lambda: of_phase(laid_out, "INTENT"), "the intent")
        gateway.popen.kill()
        assert call.exception().code() == grpc.StatusCode.UNAVAILABLE
    gateway.popen.wait()
    laid_out.gateway()
    until(lambda: of_phase(laid_out, "RECOVERY")[1:], "the recovery of the second start")
    (intent,), (outcome,) = of_phase(laid_out, "INTENT"), of_phase(laid_out, "OUTCOME")
    assert (outcome["txn"], outcome["result"], outcome["code"]) == (intent["txn"], "unknown", "gateway.crashed")
    assert of_phase(laid_out, "RECOVERY")[1]["facts"]["settled_as_unknown"] == "1"
    assert laid_out.stop() == [0, -signal.SIGKILL, 0]
    bundle = tmp_path / "bundle.zip"
    qaqpa("audit", "export", "--config", laid_out.config, "--format", "bundle", "--out", bundle)
    qaqpa("audit", "verify", bundle, "--trust", laid_out.directory / "trust.toml", "--format", "json")


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_a_call_under_way_is_finished_before_the_gateway_stops(laid_out, stubs, word):
    laid_out.mock("--behave", "slow=1500ms")
    gateway = laid_out.gateway()
    with laid_out.channel() as channel:
        call = get_school_later(stubs, channel)
        until(lambda: of_phase(laid_out, "INTENT"), "the intent")
        gateway.popen.send_signal(word)
        assert call.result().school.bin == SCHOOL
    assert gateway.popen.wait(20) == 0, gateway.written()
    assert [outcome["result"] for outcome in of_phase(laid_out, "OUTCOME")] == ["answered"]


def test_told_twice_the_gateway_does_not_wait(laid_out, stubs):
    """The state never answers; the first word closes the door, the second ends the process, the next start settles."""
    laid_out.mock("--behave", "silence")
    gateway = laid_out.gateway()
    with laid_out.channel() as channel:
        call = get_school_later(stubs, channel)
        until(lambda: of_phase(laid_out, "INTENT"), "the intent")
        gateway.popen.send_signal(signal.SIGTERM)
        until(lambda: not listens(laid_out.gateway_port), "the closed door")
        assert gateway.popen.poll() is None and not call.done(), "the call under way is waited for"
        gateway.popen.send_signal(signal.SIGTERM)
        assert gateway.popen.wait(5) == 0, gateway.written()
        assert call.exception().code() == grpc.StatusCode.UNAVAILABLE
    laid_out.gateway()
    until(lambda: of_phase(laid_out, "OUTCOME"), "the settled outcome")
    assert [outcome["result"] for outcome in of_phase(laid_out, "OUTCOME")] == ["unknown"]


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_one_journal_has_one_writer(laid_out):
    laid_out.mock()
    laid_out.gateway()
    config = laid_out.config.read_text()
    second = laid_out.directory / "second.toml"
    second.write_text(config.replace(f"127.0.0.1:{laid_out.gateway_port}", "127.0.0.1:0"))
    assert "another gateway writes this journal" in qaqpa("serve", "--config", second, wanted=78).stderr


def served_certificate(world):
    """DER of the certificate that a new connection meets."""
    tls = ssl.create_default_context(cafile=world.file("ca.pem"))
    tls.check_hostname = False
    tls.load_cert_chain(world.file("clients/school.pem"), world.file("clients/school.key"))
    with socket.create_connection(("127.0.0.1", world.gateway_port), timeout=10) as plain, tls.wrap_socket(plain) as stream:
        return stream.getpeercert(binary_form=True)


def test_certificates_are_read_again_and_a_bad_file_changes_nothing(laid_out, stubs):
    laid_out.mock()
    gateway = laid_out.gateway()
    before = served_certificate(laid_out)
    list_of_revoked = laid_out.file("ca.crl")
    good = list_of_revoked.read_text()
    list_of_revoked.write_text("rubbish\n")
    gateway.popen.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded" in gateway.written(), "the refusal to reload")
    with laid_out.channel() as channel:
        assert get_school(stubs, channel).school.bin == SCHOOL
    list_of_revoked.write_text(good)
    # Another certificate of the same root, of another name: a client that looks would leave, ours here does not look.
    for kind in ("pem", "key"):
        shutil.copy(laid_out.file(f"enemies/wrong-name-server.{kind}"), laid_out.file(f"servers/gateway.{kind}"))
    gateway.popen.send_signal(signal.SIGHUP)
    until(lambda: served_certificate(laid_out) != before, "the other certificate")
    assert served_certificate(laid_out) == ssl.PEM_cert_to_DER_cert(laid_out.pem("enemies/wrong-name-server").decode())
