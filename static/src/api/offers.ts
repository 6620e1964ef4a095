import { get, post } from './client'
import type { Id, Instant, OrderKind, Urgency } from './types'

/** A crew offers its order to another; until that one accepts, it stays responsible. */
export interface Offer {
  id: Id
  order_no: string
  urgency: Urgency
  kind: OrderKind
  assignment_id: Id
  giver: string
  unit_id: Id
  unit_name: string
  /** Empty of a closed order. */
  subject_name: string
  subject_address: string
  reason: string
  offered_at: Instant
  offered_by_name: string
  decided_by_name: string | null
  /** `overtaken`: the order ended while nobody had decided. */
  state: 'open' | 'accepted' | 'declined' | 'withdrawn' | 'overtaken'
}

type Offers = Promise<{ items: Offer[] }>

export const offers = {
  mine: (): Offers => get('/field/offers'),
  give: (assignmentId: Id, unit_id: Id, reason: string) =>
    post<Offer>(`/field/assignments/${assignmentId}/offer`, { unit_id, reason }),
  decide: (id: Id, verb: 'accept' | 'decline' | 'withdraw') => post<Offer>(`/field/offers/${id}/${verb}`),
  of: (orderId: Id): Offers => get(`/orders/${orderId}/offers`),
  ask: (assignmentId: Id, unit_id: Id, reason: string) =>
    post<Offer>(`/assignments/${assignmentId}/offer`, { unit_id, reason }),
  withdraw: (id: Id) => post<Offer>(`/offers/${id}/withdraw`),
}
