"""Sheets as people keep them: with headings, words and dates of their own."""
