"""Alerts by HTTP POST, signed, to whoever is configured."""
from hasip.webhooks.delivery import Delivery
from hasip.webhooks.signing import SIGNATURE, TIMESTAMP, sign

__all__ = ["SIGNATURE", "TIMESTAMP", "Delivery", "sign"]
