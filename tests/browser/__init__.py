"""The chat page in a real browser, clicked and typed into, behind a proxy that breaks on demand."""
