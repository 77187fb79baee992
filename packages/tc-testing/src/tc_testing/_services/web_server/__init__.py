"""What programs can call of the service behind the user interface."""
