import { describe, expect, it } from 'vitest'
import { countByFilter, inQueueOrder, isUnplaced, matches, type Queued } from './queueOrder'

const queued = (id: number, rest: Partial<Queued> = {}): Queued => ({
  id,
  urgency: 0,
  light: 'green',
  received_at: `2026-03-01T08:0${id}:00Z`,
  place: { lat: 39.9, lon: 116.4, level: 'door', confidence: 1, confirmed: true },
  open_orders: 0,
  ...rest,
})
const ids = (cases: Queued[]) => cases.map((c) => c.id)

describe('the case queue', () => {
  it('puts an untaken alarm above a higher urgency', () => {
    const order = inQueueOrder([queued(1, { urgency: 3 }), queued(2, { urgency: 1 })], new Set([2]))
    expect(ids(order)).toEqual([2, 1])
  })

  it('then urgency, then the deadline light, then who waited longest', () => {
    const order = inQueueOrder(
      [
        queued(4),
        queued(3),
        queued(2, { light: 'yellow' }),
        queued(5, { light: 'black' }),
        queued(1, { urgency: 2 }),
      ],
      new Set(),
    )
    expect(ids(order)).toEqual([1, 5, 2, 3, 4])
  })

  it('leaves the list it was given alone', () => {
    const list = [queued(2), queued(1)]
    inQueueOrder(list, new Set())
    expect(ids(list)).toEqual([2, 1])
  })

  it('calls a case unplaced without a point and with a point of unknown level', () => {
    expect(isUnplaced(queued(1, { place: null }))).toBe(true)
    const vague = { lat: 0, lon: 0, level: 'unknown', confidence: 0, confirmed: false } as const
    expect(isUnplaced(queued(1, { place: vague }))).toBe(true)
    expect(isUnplaced(queued(1))).toBe(false)
  })

  it('counts every filter, and a case may stand under several', () => {
    const cases = [queued(1, { urgency: 2, place: null }), queued(2, { open_orders: 1, light: 'red' })]
    expect(countByFilter(cases)).toEqual({
      all: 2,
      urgent: 1,
      unplaced: 1,
      unsent: 1,
      running: 1,
      late: 1,
    })
    expect(cases.filter((c) => matches(c, 'late')).map((c) => c.id)).toEqual([2])
  })
})
