"""Conflict cases: their procedure, deadlines, figures and advice."""
