"""The web console: what people see of their trunks, and change. Pages are made here; what may be seen and done, the portal says.

`views` are what templates are given, `*_form` turn forms into changes and back, `words` are what people read,
`timeline` draws failovers, `pages` renders. Nothing here needs a router to be looked at.
"""
from hasip.console.console import console

__all__ = ["console"]
