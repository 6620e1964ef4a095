import { get, put } from './client'
import type { Id, Instant } from './types'

/** A day that differs from its weekday; `day` as YYYY-MM-DD. */
export interface WorkDay {
  day: string
  is_workday: boolean
  note: string
}

/** A change of a year; `done` of `total` cases have been counted anew, null before it begins. */
export interface CalendarChange {
  id: Id
  year: number
  notice: string
  days: number
  made_at: Instant
  made_by_name: string
  total: number | null
  done: number
  moved: number
  ended_at: Instant | null
}

export interface WorkCalendar {
  year: number
  days: WorkDay[]
  /** Of every year, the newest first. */
  changes: CalendarChange[]
}

export const workdays = {
  of: (year: number): Promise<WorkCalendar> => get(`/calendar/${year}`),
  put: (
    year: number,
    body: { days: WorkDay[]; notice: string; based_on: Id | null },
  ): Promise<WorkCalendar> => put(`/calendar/${year}`, body),
}
