"""Builds of repositories on GitHub, of which there is none: what is known of them is configured."""
