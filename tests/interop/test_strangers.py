"""Who may come in at all: certificates in the hands of OpenSSL, not of rustls; metrics by role; health."""

import http.client
import ssl

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from calls import get_school
from not_done import not_done
from world import until



def openssl(world, client):
    tls = ssl.create_default_context(cafile=world.file("ca.pem"))
    if client:
        tls.load_cert_chain(world.file(f"{client}.pem"), world.file(f"{client}.key"))
    return tls


def get_metrics(world, client):
    """Status and text. In TLS 1.3 a refusal arrives after the client's own handshake, with the first octet that it reads."""
    connection = http.client.HTTPSConnection("localhost", world.gateway_port, context=openssl(world, client), timeout=10)
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    return response.status, response.read().decode()


ALERTS = [(None, "CERTIFICATE_REQUIRED"), ("enemies/expired", "EXPIRED"), ("enemies/revoked", "REVOKED"), ("enemies/self-signed", "UNKNOWN_CA"),
          ("enemies/wrong-usage", "CERTIFICATE"), ("enemies/not-yet-valid", "CERTIFICATE"), ("enemies/foreign", "DECRYPT_ERROR")]


@pytest.mark.parametrize("client, alert", ALERTS)
def test_strangers_are_turned_away_by_openssl_s_word(world, client, alert):
    with pytest.raises(ssl.SSLError) as caught:
        get_metrics(world, client)
    assert alert in (caught.value.reason or ""), caught.value


def test_tls_1_2_is_not_spoken(world):
    tls = openssl(world, "clients/school")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        http.client.HTTPSConnection("localhost", world.gateway_port, context=tls, timeout=10).connect()


def test_without_a_certificate_no_call_gets_through(world, stubs):
    with world.channel(None) as channel:
        assert not_done(lambda: get_school(stubs, channel)).code == grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("client, status", [("clients/auditor", 200), ("clients/admin", 200), ("clients/school", 403)])
def test_metrics_are_for_auditors(world, client, status):
    found, text = get_metrics(world, client)
    assert found == status
    assert ("# TYPE" in text) == (status == 200)
    assert "991231" not in text


def test_strangers_are_on_record(world):
    """Not one line each, since anybody can knock: counted by the second, and nothing of the certificate."""
    with pytest.raises(ssl.SSLError):
        get_metrics(world, None)
    until(lambda: any(record.get("code") == "tls.certificate_missing" for record in world.records()), "the refusal in the journal")


def test_health(world):
    with world.channel() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("", "qaqpa.avtoshkola.v1.Training"):
            assert stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10).status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="qaqpa.unheard.of"), timeout=10)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
