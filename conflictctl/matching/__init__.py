"""Which customers may be one person or one household: proposed, with reasons, for people to decide.

`profile` takes from a customer's entries what can be compared, `blocking` says who is compared
with whom, `compare` weighs a pair.  Nothing here links anybody.
"""
