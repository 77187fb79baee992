"""Requests to workers to purge their caches."""
