"""Token checks a second on one thread, for each algorithm: the best of five rounds, as the others tell more
about the machine. ``python bench.py --json`` prints one line of JSON."""

import itertools
import json
import sys
import time

from ginnel import Algorithm, Ginnel, StaticKeySet
from ginnel.testing import create_test_issuer

ROUNDS = 5
CHECKS = 4000
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256", "EdDSA")


def measure(algorithm: Algorithm) -> int:
    issuer = create_test_issuer(algorithm=algorithm)
    ginnel = Ginnel(issuer.app_id, issuer=issuer.issuer, key_set=StaticKeySet(issuer.jwks))
    # Several tokens, as no server sees the same one each time.
    tokens = itertools.cycle([issuer.token(user_id=f"user {index}") for index in range(64)])
    best = 0.0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for token in itertools.islice(tokens, CHECKS):
            ginnel.validate_token(token)
        best = max(best, CHECKS / (time.perf_counter() - started))
    return round(best)


figures = {algorithm: {"ginnel_per_second": measure(algorithm)} for algorithm in ALGORITHMS}
if "--json" in sys.argv[1:]:
    print(json.dumps(figures))
else:
    for algorithm, figure in figures.items():
        print(f"{algorithm:6} {figure['ginnel_per_second']:8,} checks a second")
