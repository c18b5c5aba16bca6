"""What can be wrong with the files and options of an evaluation, or with the machine it runs on."""

from __future__ import annotations


class WrongInput(Exception):
    """Something given to the evaluation cannot be used, files or memory; the text names it, the place and the reason."""
