"""What people read: terminal, languages."""
