"""`python -m conflictctl`."""

from conflictctl.cli.main import main

main()
