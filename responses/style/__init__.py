"""The style check: what a text for a shopper must not say, rules as data in `<language>.yml`. Standard library and PyYAML only."""

from responses.style.check import Fault, faults
from responses.style.rules import StyleError

__all__ = ["Fault", "StyleError", "faults"]
