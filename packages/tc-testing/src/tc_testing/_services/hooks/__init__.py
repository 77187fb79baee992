"""Hooks: tasks that are made when something happens."""
