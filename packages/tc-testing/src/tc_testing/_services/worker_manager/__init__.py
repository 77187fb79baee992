"""worker-manager: worker pools, their workers, and what went wrong with these."""
