"""Writes tests/vectors/c14n-corpus.jsonl: random documents and their canonical forms by libxml2, so that `cargo test` needs no Python.

    python c14n_corpus.py > ../vectors/c14n-corpus.jsonl
"""

import json
import random

from c14n_random import canonical_by_libxml2, random_case

COUNT = 400


def main():
    source = random.Random(20261120)
    written = 0
    while written < COUNT:
        algorithm, listed, apex, document = random_case(source, instructions=written % 4 == 0)
        if not 80 < len(document) < 900:
            continue
        canonical = canonical_by_libxml2(algorithm, listed, apex, document)
        print(json.dumps({"algorithm": algorithm, "prefixes": listed, "apex": apex, "document": document.decode(),
                          "canonical": canonical.decode()}, ensure_ascii=False))
        written += 1


if __name__ == "__main__":
    main()
