"""The simplified policy as others would run it, and the customers it is run on."""
