"""What an installation may say: one table of fields, read once, every fault at once."""

from settings.fields import AUTH_TYPES, AuthType
from settings.loading import load_settings
from settings.reader import ReadingMethod
from settings.unknown_names import unknown_settings
from settings.values import Credentials, LoginCredentials, LoginRequest, Settings, StaticCredentials

__all__ = [
    "AUTH_TYPES",
    "AuthType",
    "Credentials",
    "LoginCredentials",
    "LoginRequest",
    "ReadingMethod",
    "Settings",
    "StaticCredentials",
    "load_settings",
    "unknown_settings",
]
