"""What may go wrong between a token and its reader: each row of the lifecycle, straight and behind each watchdog.

Each test says what was done, what the reader saw, what upstream saw, and what the log says.
"""
