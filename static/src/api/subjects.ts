import { get, post } from './client'
import type { Id, Instant } from './types'

/** What a registration authority knows of an order's business, as it was told and when. */
export const FACTS = [
  'name',
  'credit_code',
  'address',
  'legal_representative',
  'phone',
  'scope',
  'promises',
  'service_standards',
] as const

export interface SubjectFacts {
  id: Id
  asked_at: Instant
  asked_by_name: string
  outcome: 'found' | 'not_found' | 'timeout' | 'unavailable'
  source: string
  /** Since when the source knows it so. */
  fetched_at: Instant | null
  facts: Record<(typeof FACTS)[number], string>
}

type Known = Promise<{ items: SubjectFacts[] }>

export interface SubjectQuestions {
  list: () => Known
  ask: () => Known
}

export const ofOrder = (id: Id): SubjectQuestions => {
  const path = `/orders/${id}/subject-facts`
  return { list: () => get(path), ask: () => post(path) }
}
