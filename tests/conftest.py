"""Property tests under sanitizers and on busy machines: an example has no deadline, and may be slow to draw."""
from hypothesis import HealthCheck, settings

settings.register_profile("hasip", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hasip")
