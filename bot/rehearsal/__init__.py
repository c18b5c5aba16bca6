"""Personas speak to the whole running system, and a report shows where a course was missed."""
