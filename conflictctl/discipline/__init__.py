"""Follow-up discipline: what each holder of a customer owed, and what became of it."""
