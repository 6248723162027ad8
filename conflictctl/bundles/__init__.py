"""Ruling bundles: a ruling and all it rests on in one file, checked without the register."""
