"""A TOML file as a dictionary."""
import tomllib
from pathlib import Path
from typing import Any

from hasip.config.problems import ConfigError, Problem


def read_document(file: Path) -> dict[str, Any]:
    """Return a file's tables. Errors: ConfigError that names the line for TOML that isn't, or a file that can't be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem(file, "", f"not TOML: {error}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(file, "", f"not UTF-8: byte {error.start}")]) from None
    except OSError as error:
        raise ConfigError([Problem(file, "", error.strerror or str(error))]) from None
