"""Supervision orders (督办): a case that stands still, put to the unit that has it."""
