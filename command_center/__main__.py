"""`python -m command_center`: the same as `command-center`."""

from command_center.cli import main

main(prog_name="command-center")
