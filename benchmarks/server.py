"""Many connections writing to one register on a PostgreSQL server, and what each entry waited.

    python benchmarks/server.py postgresql+psycopg://postgres@/empty_database
    python benchmarks/server.py ADDRESS --writers 32 --entries 100

The database must be empty.  Each writer is a process with one connection; every entry is a
transaction of its own, on the disk when it is acknowledged.  Goals: no error, places without a
gap, the chain verifies, at least 200 entries a second, 99 of 100 within a second.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from typing import Any

from conflictctl.events import read_line
from conflictctl.register.audit import verify
from conflictctl.register.store import Register, create_register, open_register


def clock() -> int:
    return time.time_ns() // 1000


_registers: list[Register] = []


def connect(target: str) -> None:
    """Each process opens its connection before the clock runs."""
    _registers.append(open_register(target))


def write(job: tuple[int, int]) -> list[float]:
    """What each entry of one writer took, in seconds."""
    number, entries = job
    waits = []
    for entry in range(entries):
        line: dict[str, Any] = {
            "kind": "visit",
            "id": f"v{number}-{entry}",
            "customer": f"K{number}",
            "by": f"s{number}",
            "note": "试驾",
        }
        begin = time.perf_counter()
        with _registers[0].writing(clock) as writer:
            writer.add(read_line(line))
        waits.append(time.perf_counter() - begin)
    return waits


def fill(target: str, writers: int) -> int:
    """A staff member and a customer for each writer; the last place."""
    with (
        create_register(target, zone="Asia/Shanghai", clock=clock) as register,
        register.writing(clock) as writer,
    ):
        writer.add(read_line({"kind": "outlet", "outlet": "o", "name": "o", "type": "store"}))
        for number in range(writers):
            staff = {"kind": "staff", "staff": f"s{number}", "name": f"s{number}", "outlet": "o"}
            writer.add(read_line({**staff, "role": "consultant"}))
            customer = {"kind": "customer", "customer": f"K{number}", "by": f"s{number}"}
            receipt = writer.add(read_line({**customer, "name": f"客户{number}"}))
    return receipt.seq


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--entries", type=int, default=100)
    options = parser.parse_args()
    first = fill(options.address, options.writers)
    jobs = [(number, options.entries) for number in range(options.writers)]
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(options.writers, connect, (options.address,)) as pool:
        pool.map(time.sleep, [1.0] * options.writers, chunksize=1)  # one for each: all are open
        begin = time.perf_counter()
        waits = sorted(wait for part in pool.map(write, jobs, chunksize=1) for wait in part)
        seconds = time.perf_counter() - begin
    with open_register(options.address) as register:
        found = verify(register)
    entries = options.writers * options.entries
    rate, late = entries / seconds, waits[int(len(waits) * 0.99)]
    print(f"{options.writers} writers, {entries} entries in {seconds:.1f} s: {rate:.0f}/s")
    print(
        f"an entry took {waits[len(waits) // 2] * 1000:.0f} ms (median), {late * 1000:.0f} ms "
        f"(99 of 100), {waits[-1] * 1000:.0f} ms (longest)"
    )
    print(f"all in: {found.events == first + entries}; verifies: {found.ok}")
    good = found.ok and found.events == first + entries and rate >= 200 and late < 1
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
