"""Policy packs and the table of proofs, read and judged by other people's code: PyYAML and jsonschema against the schemas.

The Rust side keeps the schema's keys equal to its reader's; here the schema itself is one, every pack that we ship
fits it, and what the reader refuses by form the schema refuses too.
"""

import copy
import json
import pathlib

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "schemas/policy-pack.schema.json").read_text(encoding="utf-8"))
PROOFS = ROOT / "deploy/proofs.yaml"
PROOFS_SCHEMA = json.loads((ROOT / "schemas/proofs.schema.json").read_text(encoding="utf-8"))
PACKS = sorted((ROOT / "deploy/policies").glob("*.yaml"))
SPECIMEN = ROOT / "gateway/policy/tests/policy/specimen.yaml"

# Where in the specimen, and what is put there: each must be refused.
MISTAKES = [
    (["colour"], "red"),
    (["clauses"], []),
    (["clauses", 0, "number"], ""),
    (["clauses", 1, "kept_by"], ["magic"]),
    (["clauses", 1, "not_enforceable"], {"kk": "жоқ", "ru": "нет", "en": "no"}),
    (["minors", "age"], 13),
    (["minors", "age"], "18"),
    (["minors", "rule"], "ignore"),
    (["residency", "cross_border"], True),
    (["withdrawal", "destroy_within_working_days"], 31),
    (["operator", "bin"], 990140000007),
    (["operator", "id"], "Speci men"),
    (["recipients", 0, "clause"], " "),
    (["special", 0, "categories"], ["selfie"]),
    (["purposes"], []),
    (["purposes", 0, "dpv"], "LegalCompliance"),
    (["purposes", 0, "title"], "Exchange"),
    (["purposes", 1, "operations"], ["Training/*"]),
    (["purposes", 1, "disclose", 0, "category"], "structure"),
    (["purposes", 1, "disclose", 0, "transform"], "noise"),
    (["purposes", 1, "disclose", 0, "transform"], {"prefix": 0}),
    (["purposes", 1, "disclose", 0, "transform"], {"prefix": 1, "suffix": 1}),
    (["purposes", 1, "disclose", 0, "only"], ["Student"]),
    (["purposes", 2, "consent", "forms"], ["oral"]),
    (["purposes", 2, "consent", "separate"], "yes"),
    (["withhold", 0, "reason"], {"kk": "жоқ", "ru": "нет"}),
]


def validator():
    return jsonschema.Draft202012Validator(SCHEMA)


def problems(pack):
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(pack)]


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_there_are_packs():
    assert PACKS


@pytest.mark.parametrize("path", [*PACKS, SPECIMEN], ids=lambda path: path.stem)
def test_a_pack_fits_the_schema(path):
    assert problems(read(path)) == []


def test_the_proofs_fit_their_schema():
    jsonschema.Draft202012Validator.check_schema(PROOFS_SCHEMA)
    judge = jsonschema.Draft202012Validator(PROOFS_SCHEMA)
    proofs = read(PROOFS)
    assert [error.message for error in judge.iter_errors(proofs)] == []
    for wrong in [{"magic": proofs["residency"]}, {"residency": {**proofs["residency"], "tests": ["a.rs"]}},
                  {"residency": {**proofs["residency"], "code": []}}]:
        assert list(judge.iter_errors(proofs | wrong)) != [], wrong
    assert list(judge.iter_errors({key: row for key, row in proofs.items() if key != "residency"})) != []


@pytest.mark.parametrize("path", [*PACKS, PROOFS], ids=lambda path: path.stem)
def test_a_pack_says_one_thing_in_every_yaml_reader(path):
    """No anchor, alias, tag or second document, and nothing that YAML 1.1 takes for a boolean or a date."""
    text = path.read_text(encoding="utf-8")
    tokens = list(yaml.scan(text))
    assert not [token for token in tokens if isinstance(token, (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken))]
    assert sum(isinstance(token, yaml.DocumentStartToken) for token in tokens) <= 1
    json.dumps(read(path))


@pytest.mark.parametrize("place, wrong", MISTAKES, ids=lambda value: str(value)[:60])
def test_a_mistake_is_refused(place, wrong):
    pack = copy.deepcopy(read(SPECIMEN))
    *above, key = place
    at = pack
    for step in above:
        at = at[step]
    at[key] = wrong
    assert problems(pack) != []
