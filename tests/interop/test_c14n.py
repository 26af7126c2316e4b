"""Our canonical octets against libxml2's, over thousands of random documents.

QAQPA_C14N is the path of the built example: cargo build -p qaqpa-adapters --example c14n
"""

import base64
import os
import random
import subprocess

import pytest
from lxml import etree

from c14n_random import canonical_by_libxml2, random_case

COUNT = int(os.environ.get("QAQPA_C14N_COUNT", "4000"))


def canonical_by_us(cases):
    lines = [
        f"{algorithm} {','.join(listed) or '-'} {apex} {base64.b64encode(document).decode()}"
        for algorithm, listed, apex, document in cases
    ]
    run = subprocess.run([os.environ["QAQPA_C14N"]], input="\n".join(lines).encode(), capture_output=True, check=True)
    answers = run.stdout.decode().splitlines()
    assert len(answers) == len(cases)
    return [answer if answer.startswith("refused") else base64.b64decode(answer) for answer in answers]


@pytest.mark.parametrize("instructions", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_same_octets_as_libxml2(seed, instructions):
    source = random.Random(seed)
    cases = [random_case(source, instructions) for _ in range(COUNT)]
    for case, ours in zip(cases, canonical_by_us(cases)):
        assert ours == canonical_by_libxml2(*case), case


def test_same_octets_as_lxml():
    """The same through lxml, which brings another build of libxml2; only what lxml can ask."""
    source = random.Random(3)
    cases = [case for case in (random_case(source) for _ in range(COUNT)) if case[0] == "exclusive" and not case[1]]
    for (algorithm, listed, apex, document), ours in zip(cases, canonical_by_us(cases)):
        node = etree.fromstring(document)
        for step in (step for step in apex.split(".") if step):
            node = [child for child in node if isinstance(child.tag, str)][int(step)]
        wanted = etree.tostring(node, method="c14n", exclusive=True, with_comments=False, with_tail=False)
        assert ours == wanted, document
