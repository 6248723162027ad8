"""The written rules: files, language, vocabulary."""
