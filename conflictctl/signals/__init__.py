"""Hints that somebody may be getting round the rules: for a manager to look into, never a finding.

`values` says what a hint is and from where on one is given, `deals` looks at files beside deals,
`habits` at how somebody enters contacts and levels.  Nothing here changes a ruling.
"""
