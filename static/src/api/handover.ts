import { apiUrl, get, post } from './client'
import type { Id, Instant } from './types'

/** The hand-over at the end of a duty: what is open, left by one and signed for by another. */
export const SECTIONS = [
  'alarms',
  'unacknowledged',
  'overdue',
  'unknown',
  'approvals',
  'due',
  'units',
] as const
export type SectionName = (typeof SECTIONS)[number]

export interface OpenLine {
  number: string
  about: string
  state: string
  at: Instant | null
  who: string
}

/** `total` is of all; the lines may be fewer. */
export interface Section {
  total: number
  lines: OpenLine[]
}
export type Standing = Record<SectionName, Section>

export interface HandoverSummary {
  id: Id
  written_by: Id
  written_by_name: string
  written_at: Instant
  due_at: Instant
  signed_by_name: string | null
  signed_at: Instant | null
}

export interface Handover extends HandoverSummary {
  notes: string
  content: Standing
}

export const handovers = {
  list: () => get<{ items: HandoverSummary[] }>('/handovers'),
  standing: () => get<Standing>('/handovers/standing'),
  one: (id: Id) => get<Handover>(`/handovers/${id}`),
  write: (notes: string, key: string) => post<Handover>('/handovers', { notes, key }),
  sign: (id: Id) => post<Handover>(`/handovers/${id}/sign`),
  paper: (id: Id) => apiUrl(`/handovers/${id}/paper.pdf`),
}
