"""The REST API: thin routes over the portal. Source of what it says: its OpenAPI document, at API_PATH/openapi.json."""
from hasip.api.application import API_PATH, api

__all__ = ["API_PATH", "api"]
