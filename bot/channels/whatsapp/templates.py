"""The shop's approved messages at Twilio: https://www.twilio.com/docs/content. `TWILIO_TEMPLATES` names a file of their SIDs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.domain.messages import LATE_ORDER, NUDGE, Button, Reply, Template
from bot.errors import DeliveryRefused, SettingsError

# https://www.twilio.com/docs/content/twilio-quick-reply: in a session up to three buttons, of 20 characters, under 1024.
MAX_BUTTONS, MAX_TITLE, MAX_BODY = 3, 20, 1024

Sid = Annotated[str, StringConstraints(pattern="^HX[0-9a-fA-F]{32}$")]
Language = Annotated[str, StringConstraints(pattern="^(en|ru|zh|el)$")]
Count = Annotated[int, Field(ge=1, le=MAX_BUTTONS)]


class Templates(BaseModel):
    """Content SIDs: those outside the window by name and language, those with buttons by how many there are.

    A template with buttons has variables only: `{{1}}` the words, then for each button its title and its id.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    nudge: dict[Language, Sid] = {}
    late_order: dict[Language, Sid] = {}
    choices: dict[Count, Sid] = {}

    def content_of(self, template: Template) -> tuple[str, str]:
        """Return SID and variables of a template; raises DeliveryRefused with code `no_template`."""
        sid = self._named.get(template.name, {}).get(template.language)
        if sid is None:
            raise DeliveryRefused(f"no template {template.name} in {template.language}", code="no_template")
        return sid, _numbered(template.facts)

    def content_with(self, reply: Reply, buttons: tuple[Button, ...]) -> tuple[str, str] | None:
        """Return SID and variables for a reply with buttons; None where it has to go out as a numbered list."""
        sid = self.choices.get(len(buttons))
        if sid is None or not reply.text or len(reply.text) > MAX_BODY:
            return None
        return sid, _numbered([reply.text, *(part for b in buttons for part in (b.title[:MAX_TITLE], b.payload))])

    @property
    def outside(self) -> frozenset[tuple[str, str]]:
        """What can be sent outside the window: names and languages."""
        return frozenset((name, language) for name, sids in self._named.items() for language in sids)

    @property
    def every(self) -> dict[str, str]:
        """All SIDs by what they are for: `nudge (en)`."""
        found = {f"{name} ({language})": sid for name, sids in self._named.items() for language, sid in sids.items()}
        return found | {f"choices ({count})": sid for count, sid in self.choices.items()}

    @property
    def _named(self) -> dict[str, dict[Language, Sid]]:
        return {NUDGE: self.nudge, LATE_ORDER: self.late_order}


def read_templates(file: Path | None) -> Templates:
    """Read the file that TWILIO_TEMPLATES names; raises SettingsError naming the place at fault."""
    if file is None:
        return Templates()
    try:
        return Templates.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SettingsError(f"TWILIO_TEMPLATES: {file} cannot be read: {exc}") from exc
    except ValidationError as exc:
        places = [".".join(map(str, error["loc"])) + ": " + error["msg"] for error in exc.errors(include_url=False)]
        raise SettingsError(f"TWILIO_TEMPLATES: {file}: {'; '.join(places)}") from None


def _numbered(values: list[str] | tuple[str, ...]) -> str:
    return json.dumps({str(number): value for number, value in enumerate(values, 1)}, ensure_ascii=False)
