"""conflictctl: record customer conflicts and rule on them by the written policy."""

__version__ = "0.1.0"
