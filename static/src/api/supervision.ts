import { apiUrl, get, post } from './client'
import type { Id, Instant, Kind, Light } from './types'

/** Supervision orders (督办): a case that stands still, put to the unit that has it. */
export const SOURCES = ['leader', 'superior', 'overdue', 'order_overdue', 'idle', 'no_result'] as const
export type Source = (typeof SOURCES)[number]
export type Level = 1 | 2 | 3
export type SupervisionAct = 'issue' | 'sign' | 'reply' | 'accept' | 'send_back' | 'escalate' | 'withdraw'

export interface Draft {
  level: Level
  source: Source
  problem: string
  demand: string
  /** None: whoever answers for the case. */
  organisation_id?: Id
}

export interface Entry {
  at: Instant
  act: SupervisionAct | 'propose'
  /** Empty: the house itself. */
  name: string
  text: string
}

export interface Supervision {
  id: Id
  number: string | null
  case_id: Id
  case_no: string
  case_kind: Kind
  state: 'PROPOSED' | 'ISSUED' | 'SIGNED' | 'REPLIED' | 'ACCEPTED' | 'ESCALATED' | 'WITHDRAWN'
  version: number
  level: Level
  source: Source
  unit_id: Id
  unit_name: string
  problem: string
  demand: string
  reply: string
  entries: Entry[]
  created_at: Instant
  sign_by: Instant | null
  due_at: Instant | null
  closed_at: Instant | null
  /** Of the signature while it is not signed for, then of the reply. */
  light: Light
  actions: SupervisionAct[]
  paper: boolean
}

export const supervisions = {
  list: (query: { case_id?: Id; open?: boolean }) => get<{ items: Supervision[] }>('/supervisions', query),
  propose: (case_id: Id, draft: Draft, issue: boolean) =>
    post<Supervision>('/supervisions', { case_id, draft, issue }),
  act: (one: Supervision, action: SupervisionAct, text: string, draft?: Draft) =>
    post<Supervision>(`/supervisions/${one.id}/actions/${action}`, { version: one.version, text, draft }),
  paper: (id: Id) => apiUrl(`/supervisions/${id}/paper.pdf`),
}

/** When the unit has to sign, and once it has, to reply. */
export const dueOf = (one: Supervision): Instant | null =>
  one.state === 'ISSUED' ? one.sign_by : one.state === 'SIGNED' ? one.due_at : null
