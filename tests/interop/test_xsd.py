"""Everything we write, against the schemas of schemas/ by xmllint, the only validator that agreed with all of our cases.

A message of the channel is validated in two parts, as its readers do: envelope content with emptied `data`, business document alone.
A document without a root of its own (GBD FL's) is `data` itself, and says its type by `xsi:type`.
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
# By system and direction, as `codec` names its files.
DOCUMENTS = {("avtoshkola", "request"): AISAS, ("avtoshkola", "reply"): AISAS,
             ("gbdfl", "request"): "gbdfl-data-request.xsd", ("gbdfl", "reply"): "gbdfl-data-response.xsd"}
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
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
    """The message with emptied data, and the business document: the root that data holds, or data itself where it has a type."""
    message = etree.parse(str(envelope)).find(f"{{{SOAP}}}Body")[0]
    data = message.find(".//data")
    assert message.tag in (f"{{{TYPES}}}SendMessage", f"{{{TYPES}}}SendMessageResponse"), envelope
    assert XSI_TYPE in data.attrib or len(data) == 1, envelope
    emptied, document = copy.deepcopy(message), copy.deepcopy(data if XSI_TYPE in data.attrib else data[0])
    emptied.find(".//data")[:] = []
    emptied.find(".//data").attrib.clear()
    return etree.tostring(emptied), etree.tostring(document)


def validate_envelopes(envelopes, directory, schema=AISAS):
    messages, documents = directory / "messages", directory / "documents"
    messages.mkdir()
    documents.mkdir()
    for envelope in envelopes:
        message, document = parts(envelope)
        (messages / envelope.name).write_bytes(message)
        (documents / envelope.name).write_bytes(document)
    validate(CHANNEL, sorted(messages.iterdir()))
    validate(schema, sorted(documents.iterdir()))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Documents and envelopes of every operation, with the least and with the most in them."""
    directory = tmp_path_factory.mktemp("codec")
    subprocess.run([example("codec"), str(directory)], check=True)
    return directory


def test_every_document_has_a_schema(written):
    documents = [document.name.split(".") for document in written.glob("*.document.xml")]
    operations = {(system, operation) for system, operation, *_ in documents}
    assert len(operations) >= 8 and len(documents) == 4 * len(operations), operations
    assert {(system, direction) for system, _, _, direction, *_ in documents} == set(DOCUMENTS)


@pytest.mark.parametrize("system, direction", DOCUMENTS)
def test_every_document_of_the_contracts(written, system, direction):
    validate(DOCUMENTS[system, direction], sorted(written.glob(f"{system}.*.{direction}.document.xml")))


@pytest.mark.parametrize("system, direction", DOCUMENTS)
def test_every_envelope_of_the_contracts(written, tmp_path, system, direction):
    validate_envelopes(sorted(written.glob(f"{system}.*.{direction}.envelope.xml")), tmp_path, DOCUMENTS[system, direction])


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
