"""What can go wrong between upstream and the client: each row of the lifecycle, directly and behind each watchdog.

Each test shows what the client gets, what upstream sees, and what the log says.
"""
