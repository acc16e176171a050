"""The demo: it comes as told, and says so when it does not."""
