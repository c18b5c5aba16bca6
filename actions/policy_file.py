"""deescalation.yml: its schema, and a reader that names file, line and key of what is wrong."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

import structlog
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from actions.hours import Hours, minutes_until_open
from actions.outreach_policy import OutreachRules
from actions.remedy_policy import Remedies
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.errors import SettingsError

POLICY_FILE: Final = Path(__file__).with_name("deescalation.yml")
SEVERITIES: Final = range(1, 6)
REMEMBERED: Final = timedelta(days=90)
"""How long a complaint may count."""
_BOOL: Final = "tag:yaml.org,2002:bool"

Share = Annotated[float, Field(ge=0, le=1)]
Word = Annotated[str, Field(min_length=1), AfterValidator(str.casefold)]
Severity = Annotated[int, Field(ge=SEVERITIES[0], le=SEVERITIES[-1])]

log = structlog.get_logger()


class Stance(StrEnum):
    """How the bot carries itself in one turn."""

    STEADY = "steady"
    WARM = "warm"
    GUIDE = "guide"
    REASSURE = "reassure"
    REPAIR = "repair"
    SOOTHE = "soothe"
    HANDOFF = "handoff"
    BOUNDARY = "boundary"


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads the words on, off, yes and no as true and false, keys included; here they stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in resolvers if tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trigger(_Rules):
    """What brings in a person; `on` is its switch."""

    on: bool


class Asked(Trigger):
    """A request for a person, read at least this surely."""

    sure_above: Share


class Safety(Trigger):
    """Words of danger, unless the message wants one of these."""

    not_in: frozenset[str]


class Anger(Trigger):
    """Anger goes to a person when it is sure and strong enough, unless the message wants one of these."""

    confidence: Share
    intensity: Share
    not_in: frozenset[str]


class Tension(Trigger):
    """So do last messages that together are tense enough, and were somewhat before this one, unless this one is calm."""

    above: Annotated[float, Field(gt=0, le=1)]
    before: Share
    calm_below: Share


class Abuse(Trigger):
    """Insults go to a person above this share."""

    above: Share


class Threat(Trigger):
    """The intents that threaten, with court or with bad publicity, and how surely they must be read."""

    intents: frozenset[str]
    sure_above: Share


class Value(Trigger):
    """A complaint about an order that came to this much, by currency."""

    from_total: dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[float, Field(gt=0)]]


class AskedAgain(Trigger):
    """How often the same may be asked, with answers in between, and whether "that is not what I asked" counts."""

    times: int = Field(ge=2, le=10)
    said_by_shopper: bool


class Repeat(Trigger):
    """How long a complaint is remembered, and whether a shopper's own "again" counts."""

    within_hours: float = Field(gt=0, le=REMEMBERED.days * 24)
    said_by_shopper: bool
    not_by_itself: frozenset[Word]

    @property
    def window(self) -> timedelta:
        """The time in which a second complaint about the same counts as a repetition."""
        return timedelta(hours=self.within_hours)


class Misunderstood(Trigger):
    """How many messages in a row may be not understood; by an upset shopper fewer."""

    in_a_row: int = Field(ge=2, le=10)
    upset_in_a_row: int = Field(ge=1, le=10)


class WrongProofs(_Rules):
    """How often a wrong e-mail or phone may be tried."""

    limit: int = Field(ge=1, le=20)
    within_minutes: int = Field(ge=1, le=1440)


class Handoff(_Rules):
    """What brings in a person."""

    asked: Asked
    safety: Safety
    fraud: Trigger
    anger: Anger
    tension: Tension
    abuse: Abuse
    threat: Threat
    repeat: Repeat
    value: Value
    asked_again: AskedAgain
    misunderstood: Misunderstood
    wrong_proofs: WrongProofs


class Complaints(_Rules):
    """What counts as a complaint, and how surely its intent must be read."""

    sure_above: Share
    always: frozenset[str]
    when_upset: frozenset[str]
    upset: dict[Emotion, Share]


class Offers(_Rules):
    """How surely a "yes" to an offer of ours must be read."""

    sure_above: Share


class Stances(_Rules):
    """How the bot answers each feeling."""

    sure_above: Share
    boundary_above: Share
    by_emotion: dict[Emotion, Stance]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := sorted(set(Emotion) - set(self.by_emotion)):
            raise ValueError(f"by_emotion has no line for {', '.join(missing)}")
        if Stance.HANDOFF in self.by_emotion.values():
            raise ValueError("a feeling alone does not hand over; that is decided under `handoff`")
        return self


class Returns(_Rules):
    """The shop's own rule for sending back."""

    days: int = Field(ge=0, le=3650)


class Policy(_Rules):
    """The whole of deescalation.yml."""

    handoff: Handoff
    complaints: Complaints
    severity: dict[Reason, Severity]
    upset_adds: int = Field(ge=0, le=4)
    answer_within_minutes: dict[Severity, Annotated[int, Field(ge=1, le=1440)]]
    hours: Hours
    offers: Offers
    stances: Stances
    returns: Returns
    remedies: Remedies
    outreach: OutreachRules

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := sorted(set(Reason) - {Reason.TAKEN_OVER} - set(self.severity)):
            raise ValueError(f"severity has no line for {', '.join(missing)}")
        if missing_minutes := [str(n) for n in SEVERITIES if n not in self.answer_within_minutes]:
            raise ValueError(f"answer_within_minutes has no line for {', '.join(missing_minutes)}")
        minutes = [self.answer_within_minutes[n] for n in SEVERITIES]
        if minutes != sorted(minutes, reverse=True):
            raise ValueError("answer_within_minutes: a higher severity may not wait longer than a lower one")
        return self

    def told_minutes(self, severity: int, now: datetime) -> int:
        """Return in how many minutes a person answers, as a shopper is told it: from when somebody is there on."""
        return minutes_until_open(self.hours, now) + self.answer_within_minutes[severity]


class PolicySource:
    """The policy as the file has it now. A change that is wrong is refused and logged; the policy before it stays."""

    def __init__(self, path: Path = POLICY_FILE) -> None:
        """Read the file; raises SettingsError naming file, line and key of everything wrong."""
        self._path = path
        self._stamp = path.stat().st_mtime_ns
        self._policy = read_policy(path)

    def current(self) -> Policy:
        """Return the policy, read again when the file changed."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._stamp = stamp
                self._policy = read_policy(self._path)
                log.info("policy.changed", file=self._path.name)
        except (SettingsError, OSError) as exc:
            log.warning("policy.change_refused", problem=str(exc))
        return self._policy


def read_policy(path: Path) -> Policy:
    """Read a policy file; raises SettingsError as `read_checked` does."""
    return read_checked(path, Policy)


def read_checked[M: BaseModel](path: Path, kind: type[M]) -> M:
    """Read a YAML file; raises SettingsError with one line for each problem: file, line, key, what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        lines, values = _lines_of(yaml.compose(text, Loader=_Loader)), yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise SettingsError(f"{path.name}, line {line}: {exc.problem}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SettingsError(f"{path.name}: {exc}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path.name}, line 1: the file is not a list of `key: value` lines")
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        problems = []
        for error in exc.errors(include_url=False, include_input=False):
            key = tuple(str(part) for part in error["loc"] if part != "[key]")
            problems.append(
                f"{path.name}, line {_line(lines, key)}: {'.'.join(key) or 'the file'}: "
                f"{error['msg'].removeprefix('Value error, ')}"
            )
        raise SettingsError("\n".join(problems)) from None


def _lines_of(node: yaml.Node | None, key: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    lines = {key: node.start_mark.line + 1} if node else {}
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            if inner in lines:
                raise yaml.MarkedYAMLError(problem=f"{'.'.join(inner)} stands here twice", problem_mark=name.start_mark)
            lines |= _lines_of(value, inner) | {inner: name.start_mark.line + 1}
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            lines |= _lines_of(value, (*key, str(place)))
    return lines


def _line(lines: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    """Return where a key stands; a missing one is looked for where it should stand."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)
