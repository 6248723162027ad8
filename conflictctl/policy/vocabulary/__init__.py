"""The words of conditions by subject; `predicates` puts them together."""
