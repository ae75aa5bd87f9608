"""What all tests share."""

from hypothesis import HealthCheck, settings

# Machines differ in speed, and no test may fail for it.
settings.register_profile("explorer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("explorer")
