"""The two loops that do a flow's steps, on httpx transports. Loaded with the first call, not with the package."""
