"""The paths of the function. Its tests import them from here, without importing the packages."""

CHAINS = ("chain/sync", "chain/async", "chain/events")
AGENTS = (
    "agent/sync", "agent/modes", "agent/v3", "agent/async", "agent/async_modes", "agent/async_v3", "agent/events",
    "agent/sync_tool",
)  # fmt: skip
NAMES = (*CHAINS, *AGENTS)
