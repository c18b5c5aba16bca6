"""What can be wrong with the files and options of an evaluation."""

from __future__ import annotations


class WrongInput(Exception):
    """Something given to the evaluation cannot be used; the text names file, place and reason."""
