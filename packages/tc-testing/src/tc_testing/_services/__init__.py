"""The services: a package each with its store, what it remembers, and its handlers, what it answers."""
