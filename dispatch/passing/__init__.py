"""One crew hands its order to another; until that one accepts, the first stays responsible."""
