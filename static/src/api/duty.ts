import { del, get, post, put } from './client'
import type { Id, Instant, Rung } from './types'

/** The duty roster: who stands at which post, from when to when. */
export interface DutyIn {
  organisation_id: Id
  post: Rung
  user_id: Id
  starts_at: Instant
  ends_at: Instant
  /** Empty: the person's own. */
  phone: string
}

export interface Duty extends Omit<DutyIn, 'organisation_id'> {
  id: Id
  name: string
}

export interface Period {
  since: Instant
  until: Instant
}

export interface DutyWeek extends Period {
  may_edit: boolean
  duties: Duty[]
  /** The posts that the week's roster has. */
  posts: { post: Rung; gaps: Period[]; overlaps: Period[] }[]
}

export interface Able {
  id: Id
  name: string
  phone: string
  posts: Rung[]
}

export const duties = {
  week: (organisation_id: Id, day: string) => get<DutyWeek>('/duties', { organisation_id, day: day || null }),
  people: (organisation_id: Id) => get<{ people: Able[] }>('/duties/people', { organisation_id }),
  write: (body: DutyIn) => post<Duty>('/duties', body),
  change: (id: Id, body: DutyIn) => put<Duty>(`/duties/${id}`, body),
  remove: (id: Id) => del<undefined>(`/duties/${id}`),
  copy: (organisation_id: Id, day: string, into: string) =>
    post<{ written: number; left_out: number }>('/duties/copy', { organisation_id, day, into }),
}
