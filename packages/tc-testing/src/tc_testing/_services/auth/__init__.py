"""Clients, scopes and authentication."""
