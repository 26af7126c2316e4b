"""Our gateway against a SHEP that other people's tools make: is what we send right, and do we believe what is and only that?"""

import datetime
import html

import pytest
import xmlsec

from calls import get_school
from not_done import not_done
from foreign_shep import ForeignShep, NOW, fault, reply, signed
from world import SCHEMAS, SCHOOL, World, free_port, request_id


@pytest.fixture(scope="module")
def shep(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("foreign"), shep_port=free_port())
    foreign = ForeignShep(world, SCHEMAS)
    try:
        world.gateway()
        yield foreign
    finally:
        world.stop()
        foreign.close()


def asked(shep, stubs, answer):
    """One GetSchool; whatever the foreign server did not like about our request fails the test."""
    shep.answer, before = answer, len(shep.requests)
    try:
        with shep.world.channel() as channel:
            return get_school(stubs, channel)
    finally:
        assert shep.complaints == []
        assert len(shep.requests) == before + 1


XSI = "http://www.w3.org/2001/XMLSchema-instance"
SPELT = {
    "as SHEP's clients expect it": ({}, {}),
    "the certificate by issuer and serial number": ({}, {"form": "issuer-serial"}),
    "the certificate in X509Data": ({}, {"form": "x509-certificate"}),
    "other prefixes": ({"soap": "S", "typ": "v10", "a": "x-y.z"}, {"form": "issuer-serial"}),
    "Id without a namespace": ({}, {"qualified": False}),
    "no braces around the session": ({"session": "f0774397-4fcd-484a-9434-f71535ee4326"}, {}),
    "data with a type": ({"data": f'<data xmlns:xsi="{XSI}" xmlns:q="urn:q" xsi:type="q:anything">{{}}</data>'}, {}),
    "data as CDATA": ({"data": "<data><![CDATA[{}]]></data>"}, {}),
    "comments and odd space": ({"data": "<!-- between --><data>\n\t{}\r\n<!-- behind --></data >"}, {}),
    "a date in UTC": ({"date": lambda: datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")}, {}),
}


@pytest.mark.parametrize("spelling", SPELT)
def test_a_good_answer_is_read_however_it_is_spelt(shep, stubs, spelling):
    text, signature = SPELT[spelling]
    answer = asked(shep, stubs, lambda request: (200, signed(shep.world, reply(request, **text), **signature)))
    school = answer.school
    assert (school.bin, school.name_ru, school.name_kz) == (SCHOOL, "ТОО «Синтез & Ко»", "«Синтез» ЖШС")
    assert [stubs.training.DrivingCategory.Name(category) for category in school.category] == ["DRIVING_CATEGORY_B", "DRIVING_CATEGORY_C1E"]
    assert (answer.head.result.code, answer.receipt.shep.code) == ("00000", "SCSS001")


def test_data_may_be_escaped_text(shep, stubs):
    def answer(request):
        whole = reply(request)
        start, end = whole.index("<data>") + 6, whole.index("</data>")
        return 200, signed(shep.world, whole[:start] + html.escape('<?xml version="1.0" encoding="UTF-8"?>' + whole[start:end]) + whole[end:])

    assert asked(shep, stubs, answer).school.bin == SCHOOL


ROGUE, OURS, PINNED = "enemies/rogue-signer", "signers/gateway-signer", "signers/shep-signer"


def changed(shep, request, old, new):
    """Changed after it was signed."""
    octets = signed(shep.world, reply(request))
    assert old in octets
    return octets.replace(old, new, 1)


def yesterday():
    return (datetime.datetime.now(NOW) - datetime.timedelta(days=1)).isoformat()


def in_an_hour():
    return (datetime.datetime.now().astimezone() + datetime.timedelta(hours=1)).isoformat()


# What the server does, and the reason and detail that the gateway gives.
HOSTILE = {
    "does not sign": ("reply.not_authentic", "unsigned", lambda shep, request: reply(request).encode()),
    "signs as a rogue with the same names":
        ("reply.not_authentic", "wrong_signer", lambda shep, request: signed(shep.world, reply(request), ROGUE)),
    "signs as a rogue and names the right certificate":
        ("reply.not_authentic", "signature", lambda shep, request: signed(shep.world, reply(request), ROGUE, PINNED)),
    "signs with our own key":
        ("reply.not_authentic", "wrong_signer", lambda shep, request: signed(shep.world, reply(request), OURS)),
    "changes the school":
        ("reply.not_authentic", "digest", lambda shep, request: changed(shep, request, b"<bin>990140000007", b"<bin>990140000017")),
    "adds a space":
        ("reply.not_authentic", "digest", lambda shep, request: changed(shep, request, b"</response>", b" </response>")),
    "canonicalises in another way":
        ("reply.not_authentic", "foreign_transform", lambda shep, request: signed(shep.world, reply(request), transform=xmlsec.Transform.C14N)),
    "signs with SHA-1":
        ("reply.not_authentic", "algorithm", lambda shep, request: signed(shep.world, reply(request), method=xmlsec.Transform.RSA_SHA1)),
    "answers another message":
        ("reply.replayed", "other_message", lambda shep, request: signed(shep.world, reply(request, correlation=request_id()))),
    "answers from the next time zone":
        ("reply.out_of_time", "future_by_hours", lambda shep, request: signed(shep.world, reply(request, date=in_an_hour))),
    "answers as of yesterday":
        ("reply.out_of_time", "too_old", lambda shep, request: signed(shep.world, reply(request, date=yesterday))),
}


@pytest.mark.parametrize("hostility", HOSTILE)
def test_nothing_else_is_believed(shep, stubs, hostility):
    reason, detail, octets = HOSTILE[hostility]
    told = not_done(lambda: asked(shep, stubs, lambda request: (200, octets(shep, request))))
    assert told.reason == reason
    assert told.details["ErrorInfo"].metadata["detail"] == detail
    assert told.details["ErrorInfo"].metadata["fault"] == "state-system"


def test_an_answer_is_good_once(shep, stubs):
    kept = []

    def answer(request):
        kept.append(signed(shep.world, reply(request)))
        return 200, kept[0]

    assert asked(shep, stubs, answer).school.bin == SCHOOL
    assert not_done(lambda: asked(shep, stubs, answer)).reason == "reply.replayed"


def test_a_fault_is_reported_with_its_code(shep, stubs):
    told = not_done(lambda: asked(shep, stubs, lambda request: (500, fault("SCE005"))))
    assert (told.reason, told.details["ErrorInfo"].metadata["detail"]) == ("upstream.fault", "SCE005")
