"""The faults a register must survive, each measured: `python -m tests.reliability --quick`."""
