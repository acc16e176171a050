"""Property tests under sanitizers and on busy machines: an example has no deadline."""
from hypothesis import settings

settings.register_profile("hasip", deadline=None)
settings.load_profile("hasip")
