"""Objects, and the buckets that hold their bytes."""
