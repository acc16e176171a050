"""How long a test waits for what must come. It bounds hopeless waits, and claims nothing about speed: that is a benchmark's to show."""

PATIENCE_S = 30.0
