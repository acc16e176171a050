"""`make demo`: real calls through a real router, told as a short story."""
