"""Everything we write, against the schemas of schemas/ by xmllint, the only validator that agreed with all of our cases.

A message of the channel is validated in two parts, as its readers do: envelope content with emptied `data`, business document alone.
"""

import copy
import subprocess

import pytest
from lxml import etree

from foreign_wsse import SOAP
from world import REPOSITORY, SCHEMAS, example

TYPES = "http://bip.bee.kz/SyncChannel/v10/Types"
CHANNEL = "shep-sync-v10.xsd"
AISAS = "aisas-RECONSTRUCTED.xsd"
# Exit codes of xmllint(1).
INVALID, SCHEMA_ERROR = 3, 5


def xmllint(*arguments):
    return subprocess.run(["xmllint", "--noout", "--nonet", *map(str, arguments)], capture_output=True, text=True)


def validate(schema, files):
    """All files at once, because xmllint compiles the schema anew for each start."""
    assert files
    run = xmllint("--schema", SCHEMAS / "xsd" / schema, *files)
    wrong = [line for line in run.stderr.splitlines() if not line.endswith(" validates")]
    assert run.returncode == 0 and wrong == [], "\n".join(wrong[:20])


def parts(envelope):
    """The message with emptied data, and the business document in it; data holds its root."""
    message = etree.parse(str(envelope)).find(f"{{{SOAP}}}Body")[0]
    data = message.find(".//data")
    assert message.tag in (f"{{{TYPES}}}SendMessage", f"{{{TYPES}}}SendMessageResponse") and len(data) == 1, envelope
    emptied, document = copy.deepcopy(message), copy.deepcopy(data[0])
    emptied.find(".//data")[:] = []
    return etree.tostring(emptied), etree.tostring(document)


def validate_envelopes(envelopes, directory):
    messages, documents = directory / "messages", directory / "documents"
    messages.mkdir()
    documents.mkdir()
    for envelope in envelopes:
        message, document = parts(envelope)
        (messages / envelope.name).write_bytes(message)
        (documents / envelope.name).write_bytes(document)
    validate(CHANNEL, sorted(messages.iterdir()))
    validate(AISAS, sorted(documents.iterdir()))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Documents and envelopes of every operation, with the least and with the most in them."""
    directory = tmp_path_factory.mktemp("codec")
    subprocess.run([example("codec"), str(directory)], check=True)
    return directory


def test_every_document_of_the_contract(written):
    documents = sorted(written.glob("*.document.xml"))
    operations = {document.name.split(".")[0] for document in documents}
    assert len(operations) >= 7 and len(documents) == 4 * len(operations), operations
    validate(AISAS, documents)


def test_every_envelope_of_the_contract(written, tmp_path):
    validate_envelopes(sorted(written.glob("*.envelope.xml")), tmp_path)


def test_every_message_that_left_in_the_demo(demo, tmp_path):
    requests = sorted((demo.directory / "wire").glob("*.request.xml"))
    assert len(requests) > 200
    validate_envelopes(requests, tmp_path)


def test_every_good_reply_of_the_mock_government(demo, tmp_path):
    """Those to the students; others in the demo are bent on purpose."""
    replies = sorted((demo.directory / "wire").glob("student-*.reply.xml"))
    assert len(replies) == 200
    validate_envelopes(replies, tmp_path)


@pytest.mark.parametrize("broken", ["<iin>", "<surname>", "<birthDate>"])
def test_the_validator_is_awake(demo, tmp_path, broken):
    """The same documents with one element renamed are refused, so the tests above can fail."""
    request = next((demo.directory / "wire").glob("student-*.request.xml"))
    document = parts(request)[1].decode()
    assert broken in document
    file = tmp_path / "broken.xml"
    file.write_text(document.replace(broken, "<other>").replace(broken.replace("<", "</"), "</other>"))
    assert xmllint("--schema", SCHEMAS / "xsd" / AISAS, file).returncode == INVALID


@pytest.mark.parametrize("schema", sorted(path.name for path in (SCHEMAS / "xsd").glob("*.xsd")))
def test_every_schema_compiles(schema, tmp_path):
    stranger = tmp_path / "stranger.xml"
    stranger.write_text("<stranger/>")
    run = xmllint("--schema", SCHEMAS / "xsd" / schema, stranger)
    assert run.returncode == INVALID, run.stderr


SAMPLES = sorted((REPOSITORY / "tests/samples").glob("*.xml"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_is_well_formed(sample):
    run = xmllint(sample)
    assert run.returncode == 0, run.stderr


def test_the_sample_group_is_valid():
    validate(AISAS, [REPOSITORY / "tests/samples/aisas-submit-group.RECON.xml"])
