"""What retention rules speak of. They are rows of `cases.retention_rules`: the bureau changes a
row, not the program. Where the law names a principle and no number of years, the row says so.
"""

FILES = ("outbox", "fax")
"""Folders of copies under `var/`: removed by the clock alone, the originals lie elsewhere."""
