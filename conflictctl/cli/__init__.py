"""The command line: gather, decide, show."""
