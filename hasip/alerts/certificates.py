"""A certificate ends soon: told 30 days, 7 days and one day before, and once there is a new one."""
import time

from hasip.domain.alert import Alert

DAY_S = 86_400
STAGES = (1, 7, 30)                 # days


class Certificates:
    """The certificates that were told of, and at which stage."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def look(self, file: str, ends_s: float, now_s: float) -> list[Alert]:
        """Return what is new of a certificate that ends then."""
        stage = next((days for days in STAGES if ends_s - now_s < days * DAY_S), None)
        told = self._told.get(file)
        if stage is None:
            self._told.pop(file, None)
            return [certificate_alert(file, ends_s, True, now_s)] if told else []
        self._told[file] = stage
        return [certificate_alert(file, ends_s, False, now_s)] if told is None or stage < told else []


def certificate_alert(file: str, ends_s: float, is_over: bool, now_s: float) -> Alert:
    """Return what is told of a certificate."""
    days = max(0, int((ends_s - now_s) // DAY_S))
    return Alert("certificate_expiring", file, is_over, now_s, {"days": days, "ends": time.strftime("%Y-%m-%d", time.gmtime(ends_s))})
