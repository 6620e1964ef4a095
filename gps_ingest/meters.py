"""What the listeners count. Labels carry kinds and reasons, never terminals or addresses."""

from kernel.metrics import Counter, Gauge, Histogram

fixes = Counter("cc_gps_fixes", "Fixes by what became of them", ["outcome", "reason"])
messages = Counter("cc_gps_messages", "Decoded messages", ["protocol", "kind"])
links = Gauge("cc_gps_links", "Open connections", ["listener"])
dismissed = Counter("cc_gps_dismissed", "Connections refused or closed", ["listener", "reason"])
waiting = Gauge("cc_gps_waiting", "Fixes that wait for the database")
database_away = Gauge("cc_gps_database_away", "1 while the database cannot be reached")
stored_seconds = Histogram(
    "cc_gps_store_seconds",
    "Time that one batch takes to be stored",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
notices = Counter("cc_gps_notices", "Batches of positions told to the consoles", ["outcome"])
