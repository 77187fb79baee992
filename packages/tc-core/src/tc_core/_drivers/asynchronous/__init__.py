"""What does the steps of calls and transfers in the task that awaits, on asyncio and trio."""
