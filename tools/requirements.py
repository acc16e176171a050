"""Print the requirements of an extra of pyproject.toml, one a line: python tools/requirements.py dev"""
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
print("\n".join(project["optional-dependencies"][sys.argv[1]]))
