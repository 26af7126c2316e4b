"""`qaqpa residency prove`: what is forbidden is tried against real listeners that are no witnesses of the test's own.
That it proves what it says is seen from outside by test_namespaces.py.
"""

import json
import subprocess

from world import binary

NOT_ALL_SHOWN = 2


def prove(*arguments, **how):
    return subprocess.run([binary(), "residency", "prove", *arguments], capture_output=True, text=True, timeout=120,
                          **how)


def test_prove():
    ran = prove("--format", "json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert (told["ground"], told["holds"], told["failed"], told["not_permitted"]) == ("namespace", True, 0, None)
    assert told["shown"] == len(told["rows"]) >= 60
    for row in told["rows"]:
        assert row["ok"] and (row["connections"], row["bytes"]) == (0, 0) and row["code"] == row["wanted"], row
    reached = [row for row in told["rows"] if row["wanted"] == "reached"]
    assert len(reached) >= 5 and all(row["reached_bytes"] > 0 for row in reached)
    assert {"residency.foreign", "residency.disagree", "residency.origin", "residency.mixed", "residency.special",
            "residency.alias",
            "residency.no_address", "residency.literal", "residency.ambiguous_ip", "residency.userinfo",
            "residency.bad_url", "residency.port",
            "residency.scheme", "residency.stale", "residency.unconfirmed", "residency.not_pinned",
            "residency.not_declared", "residency.tunnel",
            "residency.revoked", "residency.loopback"} <= {row["code"] for row in told["rows"]}


def test_prove_for_people():
    ran = prove()
    assert ran.returncode == 0 and "FAILED" not in ran.stdout and ran.stdout.rstrip().endswith("shown, 0 failed")


def test_prove_where_namespaces_are_not_permitted():
    """Without `unshare` within reach there is no namespace: what loopback can show is shown, the rest is marked, and
    the exit code says so."""
    ran = prove("--format", "json", env={"PATH": "/nonexistent"})
    told = json.loads(ran.stdout)
    assert ran.returncode == NOT_ALL_SHOWN and told["ground"] == "loopback" and "unshare" in told["not_permitted"]
    unshown = [row for row in told["rows"] if row["ok"] is None]
    assert told["holds"] and told["shown"] >= 20 and unshown and all(row["code"] is None for row in unshown)
