import { RUNGS } from '@/lib/alarms'
import type { Duty, DutyWeek, Period } from '@/api/duty'
import type { Rung } from '@/api/types'

const DAY_MS = 86_400_000

/** One line of a cell: a person's duty as far as it lies in that day, or what is wrong there. */
export interface Line {
  kind: 'duty' | 'gap' | 'overlap'
  from: number
  to: number
  duty?: Duty
}

export interface Cell {
  post: Rung
  day: number
  lines: Line[]
}

/** Gives the beginnings of the week's days, in ms. */
export function daysOf(week: DutyWeek): number[] {
  return Array.from({ length: 7 }, (_, n) => new Date(week.since).getTime() + n * DAY_MS)
}

/** Gives each post's days with what stands in them, in the order of time. */
export function rowsOf(week: DutyWeek): { post: Rung; kept: boolean; cells: Cell[] }[] {
  return RUNGS.map((post) => {
    const found = week.posts.find((one) => one.post === post)
    const duties = week.duties.filter((duty) => duty.post === post)
    const cells = daysOf(week).map((day) => ({
      post,
      day,
      lines: [
        ...duties.flatMap((duty) =>
          within(day, { since: duty.starts_at, until: duty.ends_at }, { kind: 'duty', duty }),
        ),
        ...(found?.gaps ?? []).flatMap((gap) => within(day, gap, { kind: 'gap' })),
        ...(found?.overlaps ?? []).flatMap((overlap) => within(day, overlap, { kind: 'overlap' })),
      ].sort((a, b) => a.from - b.from || a.to - b.to),
    }))
    return { post, kept: found !== undefined, cells }
  })
}

function within(day: number, { since, until }: Period, line: Pick<Line, 'kind' | 'duty'>): Line[] {
  const from = Math.max(day, new Date(since).getTime())
  const to = Math.min(day + DAY_MS, new Date(until).getTime())
  return from < to ? [{ ...line, from, to }] : []
}

/** Gives a day in the middle of the week that lies so many weeks later, as YYYY-MM-DD. */
export function weeksFrom(week: DutyWeek, weeks: number): string {
  const middle = new Date(week.since).getTime() + (3.5 + 7 * weeks) * DAY_MS
  return new Date(middle).toISOString().slice(0, 10)
}
