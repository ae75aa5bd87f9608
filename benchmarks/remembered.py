"""What does a server remember of a class, and does its process grow by as much?

    python benchmarks/remembered.py [--hands N] [--minutes M]

Each hand edits a network at random, once a second, and sees its trace, and now and then what every switch would
change; after some edits it takes another network. The edits are made one after the other, as fast as they go: what
is remembered is the same.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
from commits import ROOT, named

sys.path.insert(0, str(ROOT))

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.memory import MEMORY
from explorer.spec.build import analyse
from explorer.spec.effects import effects
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.edits import session

EDITS = 12
"""Of one network."""
EFFECTS_EVERY = 20
"""Edits after which a hand looks at what every switch would change."""


def hand(draw: random.Random) -> Iterator[Spec]:
    """What one person looks at."""
    while True:
        yield from session(Spec.make(draw.choice([*ARCHITECTURES])), draw, EDITS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hands", type=int, default=60)
    parser.add_argument("--minutes", type=int, default=10)
    args = parser.parse_args()
    people = [hand(random.Random(number)) for number in range(args.hands)]
    process = psutil.Process()
    start, began = process.memory_info().rss, time.perf_counter()
    print(f"{named(ROOT)}: {args.hands} hands, one edit a second; MiB remembered by the estimates, MiB grown by")
    for minute in range(1, args.minutes + 1):
        for number in range(60):
            for person in people:
                spec = next(person)
                with suppress(ExplorerError):  # an edit may leave no network
                    analyse(spec)
                    if number % EFFECTS_EVERY == 0:
                        effects(spec)
        grown = (process.memory_info().rss - start) >> 20
        took = time.perf_counter() - began
        print(f"  minute {minute:3}: {MEMORY.size >> 20:4} {grown:4}  after {took:5.0f} s", flush=True)
    print(f"the bound is {limits.MAX_REMEMBERED >> 20} MiB")


if __name__ == "__main__":
    main()
