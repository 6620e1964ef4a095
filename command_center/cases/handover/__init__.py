"""Hand-over at the end of a duty: what is open, signed for by whoever takes it on."""
