"""Measure what a register survives; exit 1 if a line of the table does not hold.

usage: python -m tests.reliability --quick | --full  [--seed N] [LINE ...]
"""

from __future__ import annotations

import argparse
import random
import sys

from tests.reliability.frame import all_lines, measured, row


def main() -> int:
    """Measure and print line by line; the seed makes a run the same again."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--quick", action="store_true", help="a few minutes, as in CI")
    amount.add_argument("--full", action="store_true", help="the amounts the table asks for")
    amount.add_argument("--list", action="store_true", help="what there is to measure")
    parser.add_argument("--seed", type=int, help="of a run to be had again (default: chance)")
    parser.add_argument("lines", nargs="*", metavar="LINE", help="G1, G2, ... (default: all)")
    given = parser.parse_args()
    if given.list:
        for line in all_lines():
            print(f"{line.name:<10} {line.attack}: {line.goal}")
        return 0
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"{'full' if given.full else 'quick'} form, seed {seed}", flush=True)
    failed = 0
    for result in measured(given.lines, full=given.full, seed=seed):
        print(row(result), flush=True)
        failed += result.figures.held is False
    print(f"{failed} of the lines do not hold" if failed else "every line holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
