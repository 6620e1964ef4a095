import { describe, expect, it } from 'vitest'
import type { ClusterRef } from '@/api/types'
import { namedBeside, shortNumber, standing, together } from './clusters'

const market: ClusterRef = { id: 5, lead_id: 3, size: 40, reason: 'subject', urgency: 2, light: 'red' }
const items = [
  { id: 5, cluster: market },
  { id: 1, cluster: null },
  { id: 3, cluster: market },
]

describe('cases that one visit may settle', () => {
  it('stand together where the first of them stands', () => {
    expect(together(items).map((group) => group.items.map(({ id }) => id))).toEqual([[5, 3], [1]])
  })

  it('are one symbol on the map, at the lead, with the number of all', () => {
    expect(standing(items).map(({ id, count }) => [id, count])).toEqual([
      [3, 40],
      [1, 1],
    ])
    expect(standing(items.slice(0, 2)).map(({ id, count }) => [id, count])).toEqual([
      [5, 40],
      [1, 1],
    ])
  })

  it('have numbers that look like nobody’s', () => {
    expect(shortNumber('TS1100002026092100012')).toBe('TS0921-00012')
  })

  it('are named in the order as far as there is room, and all are counted', () => {
    const members = Array.from({ length: 40 }, (_, n) => ({
      id: n,
      kind: 'TS' as const,
      case_no: `TS11000020260921${String(n).padStart(5, '0')}`,
    }))
    const { numbers, count } = namedBeside(0, members, 80)
    expect(numbers.slice(0, 2)).toEqual(['TS0921-00001', 'TS0921-00002'])
    expect([numbers.length, count]).toEqual([6, 39])
  })

  it('never name a report beside a complaint', () => {
    const members = [
      { id: 1, kind: 'TS' as const, case_no: 'TS1100002026092100001' },
      { id: 2, kind: 'JB' as const, case_no: 'JB1100002026092100001' },
    ]
    expect(namedBeside(1, members, 80)).toEqual({ numbers: [], count: 0 })
    expect(namedBeside(2, members, 80)).toEqual({ numbers: [], count: 0 })
  })
})
