"""What does the steps of calls and transfers in the thread that calls."""
