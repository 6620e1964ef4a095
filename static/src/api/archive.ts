import { apiUrl, get, post } from './client'
import type { Id, Instant, Kind, Page } from './types'

/** The archive and a person's own data: shapes and verbs. */
export type Target = Kind | 'gps'
export type DestructionState = 'PROPOSED' | 'REQUESTED' | 'REFUSED' | 'APPROVED' | 'DONE'
export type Standing = 'all' | 'due' | 'kept' | 'held' | 'destroyed'

export interface RetentionRule {
  target: string
  code: string
  days: number
  basis: string
  active: boolean
}

export interface DestructionLine {
  id: Id
  target: Target
  state: DestructionState
  /** As it was when the list was proposed. */
  rule: { code: string; days: number; basis: string }
  count: number
  proposed_at: Instant
  requested_by: Id | null
  requested_by_name: string
  requested_at: Instant | null
  decided_by_name: string
  decided_at: Instant | null
  reason: string
  done_at: Instant | null
  number: string | null
}

export interface Destruction extends DestructionLine {
  items: { reference: string; digest: string; outcome: '' | 'destroyed' | 'held' }[]
}

export interface LegalHold {
  id: Id
  case_no: string
  reason: string
  placed_by_name: string
  placed_at: Instant
  lifted_at: Instant | null
}

export interface ArchivedCase {
  case_no: string
  kind: Kind
  organisation: string
  closed_at: Instant
  ends_at: Instant
  held: boolean
  destroyed: string | null
}

export interface ArchiveFilter {
  q: string
  kind: Kind | ''
  standing: Standing
}

export const archive = {
  rules: () => get<RetentionRule[]>('/archive/rules'),
  search: (filter: ArchiveFilter, cursor: string | null) =>
    get<Page<ArchivedCase>>('/archive/cases', { ...filter, cursor }),
  lists: () => get<DestructionLine[]>('/archive/destructions'),
  list: (id: Id) => get<Destruction>(`/archive/destructions/${id}`),
  request: (id: Id) => post<Destruction>(`/archive/destructions/${id}/request`),
  approve: (id: Id) => post<Destruction>(`/archive/destructions/${id}/approve`),
  refuse: (id: Id, reason: string) => post<Destruction>(`/archive/destructions/${id}/refuse`, { reason }),
  certificate: (id: Id) => apiUrl(`/archive/destructions/${id}/certificate`),
  holds: () => get<LegalHold[]>('/archive/holds'),
  hold: (case_no: string, reason: string) => post<LegalHold>('/archive/holds', { case_no, reason }),
  lift: (id: Id) => post<LegalHold>(`/archive/holds/${id}/lift`),
}

/** A case number and the query code that its person was given. */
export interface CaseProof {
  case_no: string
  query_code: string
}

export interface ExportedCase {
  case_no: string
  kind: Kind
  state: string
  received_at: Instant
  closed_at: Instant | null
  person: Record<string, string>
  narrative: string
  question: string | null
  answer: string | null
  demands: string[]
  details: Record<string, unknown>
  disposition: string
  steps: { at: Instant; kind: string }[]
}

export const persons = {
  search: (number: string, reason_code: string, note: string) =>
    post<{ cases: { id: Id; case_no: string }[] }>('/identity/search', { number, reason_code, note }),
  export: (first: CaseProof, others: CaseProof[], reason_code: string) =>
    post<{ cases: ExportedCase[] }>('/archive/person-export', { ...first, others, reason_code }),
}
