"""The duty roster: who stands at which rung of the alarm ladder, from when to when."""
