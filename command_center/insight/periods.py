"""Periods in whole days of the bureau's zone. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of `first` (included) to `end`, both moments in UTC or with zone."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    @classmethod
    def last_days(cls, days: int, moment: datetime, zone: ZoneInfo) -> "Period":
        """Today and the days before it, `days` in all, up to this moment."""
        first = moment.astimezone(zone).date() - timedelta(days=days - 1)
        return cls(datetime.combine(first, time(), zone), moment, zone)

    def before(self) -> "Period":
        """The period of equal length that ended where this one starts."""
        return Period(self.start - (self.end - self.start), self.start, self.zone)

    @property
    def first_day(self) -> date:
        return self.start.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        return self.end.astimezone(self.zone).date()

    def days(self) -> list[date]:
        """Every day that the period touches."""
        count = (self.last_day - self.first_day).days + 1
        return [self.first_day + timedelta(days=n) for n in range(count)]
