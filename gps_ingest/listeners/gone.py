"""What is left of a link that is gone."""


class Gone:
    """Takes the place of its session, so that link and session do not hold each other in memory.

    Else both would wait for the garbage collector, who comes seldom to a large process.
    """

    def receive(self, data: bytes) -> None: ...

    def datagram(self, data: bytes) -> None: ...

    def tick(self, now: float) -> None: ...

    def closed(self) -> None: ...


GONE = Gone()
