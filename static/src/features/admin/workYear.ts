import type { WorkDay } from '@/api/workdays'

/** Days are YYYY-MM-DD and have no zone: all here counts in UTC. */
const DAY_MS = 86_400_000
const SUNDAY = 0
const SATURDAY = 6

export type Kind = 'work' | 'rest' | 'holiday' | 'makeup'

export interface Cell {
  day: string
  number: number
  kind: Kind
  note: string
}

const keyOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

function isWeekend(day: string): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return weekday === SUNDAY || weekday === SATURDAY
}

function kindOf(day: string, told: WorkDay | undefined): Kind {
  if (told) return told.is_workday ? 'makeup' : 'holiday'
  return isWeekend(day) ? 'rest' : 'work'
}

/** Gives the year's months as weeks from Monday; null where a week belongs to another month. */
export function monthsOf(year: number, days: ReadonlyMap<string, WorkDay>): (Cell | null)[][][] {
  return Array.from({ length: 12 }, (_, month) => {
    const first = Date.UTC(year, month, 1)
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    const before = (new Date(first).getUTCDay() + 6) % 7
    const cells: (Cell | null)[] = Array.from({ length: before }, () => null)
    for (let n = 0; n < length; n += 1) {
      const day = keyOf(first + n * DAY_MS)
      const told = days.get(day)
      cells.push({ day, number: n + 1, kind: kindOf(day, told), note: told?.note ?? '' })
    }
    while (cells.length % 7) cells.push(null)
    return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
  })
}

/**
 * Gives what a day becomes when it is pressed: a working day a holiday and back; a weekend a
 * holiday, then a make-up working day, then a weekend again.
 */
export function pressed(day: string, told: WorkDay | undefined, note: string): WorkDay | null {
  if (!told) return { day, is_workday: false, note }
  if (!told.is_workday && isWeekend(day)) return { day, is_workday: true, note }
  return null
}

/** Gives the days that differ between two states of a year. */
export function differing(
  before: ReadonlyMap<string, WorkDay>,
  after: ReadonlyMap<string, WorkDay>,
): string[] {
  const all = new Set([...before.keys(), ...after.keys()])
  return [...all]
    .filter((day) => {
      const [a, b] = [before.get(day), after.get(day)]
      return a?.is_workday !== b?.is_workday || a?.note !== b?.note
    })
    .sort()
}
