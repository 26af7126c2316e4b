"""Rows 27 and 28: databases, and whatever logs and traces are shipped to. `qaqpa check` names what is wrong, and
nothing is sent.

What is an address in the configuration is judged there and then; a name is judged when it is asked for, and again.
"""

import pytest

from country import BAD_CONFIGURATION, DNS, STATE, Setting, a, assert_not_served, inside

ENDPOINT = """
[endpoints.further]
plane = "{plane}"
kind = "internet"
url = "{url}"
{more}
"""
HOME, FOREIGN, TWO = f'addresses = ["{STATE}"]', 'addresses = ["8.8.8.8"]', f'addresses = ["{STATE}", "8.8.8.8"]'
CA = '\nca = "pki/ca.pem"'


def further(plane, url, more=""):
    return Setting(more=ENDPOINT.format(plane=plane, url=url, more=more))


WRONG = {
    # A driver would try one after the other, or all.
    "replicas": ("residency.bad_url", further("storage", "postgres://db-1.example.kz,db-2.example.com/qaqpa")),
    "replicas with ports": ("residency.bad_url",
                            further("storage", "postgres://db-1.example.kz:5432,8.8.8.8:5432/qaqpa")),
    "a replica in the query": ("residency.bad_url", further("storage", "postgres://db.example.kz/qaqpa?host=8.8.8.8")),
    "an address in the query": ("residency.bad_url",
                                further("storage", "postgres://db.example.kz/qaqpa?hostaddr=8.8.8.8")),
    "a service file": ("residency.bad_url", further("storage", "postgres://db.example.kz/?service=abroad")),
    "no host": ("residency.bad_url", further("storage", "postgres:///qaqpa?host=/run/postgresql")),
    "a keyword string": ("residency.bad_url", further("storage", "host=db.example.kz hostaddr=8.8.8.8 dbname=qaqpa")),
    "a password": ("residency.userinfo", further("storage", "postgres://qaqpa:secret@db.example.kz/qaqpa")),
    "another database": ("residency.scheme", further("storage", "mysql://db.example.kz/qaqpa")),
    "a literal": ("residency.literal", further("storage", "postgres://8.8.8.8/qaqpa")),
    "pinned abroad": ("residency.foreign",
                      further("storage", "postgres://db.example.kz/qaqpa", 'pins = ["8.8.8.0/24"]')),
    "a collector in the clear": ("residency.scheme", further("telemetry", "http://otlp.example.kz:4317", HOME)),
    "syslog": ("residency.scheme", further("telemetry", "syslog://logs.example.com:514", HOME)),
    "a DSN of Sentry": ("residency.userinfo", further("telemetry", "https://0123abcd@o1.ingest.sentry.io/1", CA)),
    "Loki with a key": ("residency.bad_url",
                        further("telemetry", "https://logs.example.kz/loki/api/v1/push?key=1", CA)),
    "a URL in place of an endpoint": ("https://otlp.example.com:4317", Setting(otlp="https://otlp.example.com:4317")),
    "an endpoint of another plane": ("telemetry", Setting(otlp="shep")),
}

# What DNS could change any day, and so could a table: a gateway starts, and turns away whatever would go there.
ABROAD = {
    "a database": ("residency.foreign", further("storage", "postgres://db.example.kz/qaqpa", FOREIGN)),
    "a replica": ("residency.foreign", further("storage", "postgres://db.example.kz/qaqpa", TWO)),
    "a collector": ("residency.foreign", further("telemetry", "https://otlp.example.com:4317", FOREIGN + CA)),
    "one of two collectors": ("residency.foreign", further("telemetry", "https://otlp.example.kz:4317", TWO + CA)),
    "beside its pins": ("residency.not_pinned",
                        further("storage", "postgres://db.example.kz/qaqpa", f'pins = ["195.12.122.0/24"]\n{HOME}')),
    "somewhere private": ("residency.special",
                          further("telemetry", "https://logs.example.kz", 'addresses = ["10.1.2.3"]' + CA)),
    "a cloud's logs": ("residency.disagree",
                       further("telemetry", "https://logs.example.kz", 'addresses = ["31.223.200.1"]' + CA)),
    "a CDN's logs": ("residency.origin",
                     further("telemetry", "https://logs.example.kz", 'addresses = ["31.43.179.1"]' + CA)),
}


def checked(country, word, setting):
    country.configure(setting)
    country.begin(a(STATE))
    ran = inside("check", "--config", country.world.config)
    assert ran.returncode == BAD_CONFIGURATION and word in ran.stdout, ran.stdout + ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.parametrize("row", WRONG)
def test_what_leads_abroad_is_not_taken(country, row):
    checked(country, *WRONG[row])
    assert_not_served(country)
    assert country.internet.end().beside() == set()


@pytest.mark.parametrize("row", ABROAD)
def test_a_declared_address_abroad_is_named(country, row):
    # Beside it stand warnings: the test's certificates end soon.
    (problem,) = [line for line in checked(country, *ABROAD[row]) if "residency." in line]
    line = int(problem.split(":")[1])
    assert "addresses = " in country.world.config.read_text().splitlines()[line - 1]
    assert country.internet.end().beside() == set()


RIGHT = [further("storage", "postgres://db.example.kz/qaqpa", HOME),
         further("telemetry", "https://otlp.example.kz:4317", HOME + CA),
         further("storage", "postgres://db.example.kz/qaqpa")]


@pytest.mark.parametrize("setting", RIGHT)
def test_what_stays_here_is_taken(country, setting):
    country.configure(setting)
    country.begin(a(STATE))
    ran = inside("check", "--config", country.world.config)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert country.internet.end().beside() == set()


@pytest.mark.parametrize("address, wanted", [("8.8.8.8", "residency.foreign"), ("31.223.200.1", "residency.disagree"),
                                             (STATE, "residency.ok")])
def test_a_database_by_name_is_judged_when_it_is_asked_for(country, address, wanted):
    names = {"db.example.kz": {"A": [{"addresses": [address]}]}}
    code, found = country.check("further", further("storage", "postgres://db.example.kz/qaqpa"), names)
    assert (code == 0) == (wanted == "residency.ok") and found == wanted
    assert country.seen.beside(DNS) == set()
