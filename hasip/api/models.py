"""What the API takes and gives beside the tables of the trunks file."""
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hasip.config.trunks_file import Name
from hasip.config.values import read_text
from hasip.people import PASSWORD_MAX

Words = Annotated[str, Field(max_length=200), AfterValidator(read_text)]
Secret = Annotated[str, Field(max_length=PASSWORD_MAX), AfterValidator(read_text)]


class Model(BaseModel):
    """What is sent: unknown keys are errors, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LoginBody(Model):
    """Who wants in."""

    name: Name
    password: Secret


class PersonShown(BaseModel):
    """Somebody."""

    name: str
    role: Literal["operator", "customer"]
    trunks: list[str]


class SessionShown(BaseModel):
    """Who asks, and what the pages of a session send with each change."""

    person: PersonShown
    csrf_token: str | None


class TrunkLine(BaseModel):
    """A trunk in a list."""

    name: str
    mode: str
    core: str
    limit: int
    calls: int | None           # now; None: the node does not have it yet
    numbers: list[str]          # the first ones
    numbers_count: int
    legs: list[str]


class TrunkPage(BaseModel):
    """Some trunks, by name."""

    trunks: list[TrunkLine]
    after: str | None           # ask for those after this name; None: these were the last
    found_count: int


class CorePage(BaseModel):
    """The cores, as the trunks file has them."""

    cores: list[dict[str, Any]]


class Facts(BaseModel):
    """What a node tells, as `hasip status --json` and its like do."""

    model_config = ConfigDict(extra="allow")


class FailoverTestBody(Model):
    """How long new calls pass the first leg by."""

    seconds: Annotated[int, Field(ge=1, le=300)] = 60


class FailoverTest(BaseModel):
    """A failover test that goes on."""

    legs: list[str]             # that are passed by
    ends_at: float              # seconds since 1970


class Entry(BaseModel):
    """One line of the audit log."""

    id: int
    at: float                   # seconds since 1970
    who: str
    action: str
    subject: str
    name: str
    old: Any
    new: Any
    generation: int


class UserBody(Model):
    """Somebody who shall get in."""

    name: Name
    role: Literal["operator", "customer"]
    password: Secret
    trunks: list[Name] = []


class TrunksBody(Model):
    """A customer's trunks."""

    trunks: list[Name]


class PasswordBody(Model):
    """Another password; for one's own, the old one too."""

    password: Secret
    old_password: Secret | None = None


class TokenBody(Model):
    """A token that shall be."""

    name: Name
    lasts_s: Annotated[int, Field(ge=60, le=315_360_000)] | None = None


class TokenShown(BaseModel):
    """A token of one's own. Times in seconds since 1970."""

    name: str
    made_s: int
    ends_s: int | None
    seen_s: int | None


class TokenMade(TokenShown):
    """A new token; its secret is seen only now."""

    secret: str
