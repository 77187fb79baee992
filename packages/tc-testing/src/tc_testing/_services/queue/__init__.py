"""Tasks, task groups and artifacts."""
