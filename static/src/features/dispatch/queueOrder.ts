/** The order of the case queue and its filters: what burns stands on top. */

import type { CaseSummary, Light } from '@/api/types'

export type Queued = Pick<CaseSummary, 'id' | 'urgency' | 'light' | 'received_at' | 'place' | 'open_orders'>

const LIGHT_RANK: Record<Light, number> = { black: 0, red: 1, yellow: 2, green: 3, none: 4 }

/** Untaken alarms first, then urgency, then the deadline light, then who waited longest. */
export function inQueueOrder<C extends Queued>(cases: readonly C[], alarmed: ReadonlySet<number>): C[] {
  return [...cases].sort(
    (a, b) =>
      Number(alarmed.has(b.id)) - Number(alarmed.has(a.id)) ||
      b.urgency - a.urgency ||
      LIGHT_RANK[a.light] - LIGHT_RANK[b.light] ||
      a.received_at.localeCompare(b.received_at) ||
      a.id - b.id,
  )
}

/** True while nobody can find the place on a map: no point, or a point nobody stands by. */
export function isUnplaced(c: Pick<Queued, 'place'>): boolean {
  return c.place === null || c.place.level === 'unknown'
}

export const FILTERS = ['all', 'urgent', 'unplaced', 'unsent', 'running', 'late'] as const
export type Filter = (typeof FILTERS)[number]

const TESTS: Record<Filter, (c: Queued) => boolean> = {
  all: () => true,
  urgent: (c) => c.urgency >= 1,
  unplaced: isUnplaced,
  unsent: (c) => c.open_orders === 0,
  running: (c) => c.open_orders > 0,
  late: (c) => c.light === 'red' || c.light === 'black',
}

export function matches(c: Queued, filter: Filter): boolean {
  return TESTS[filter](c)
}

export function countByFilter(cases: readonly Queued[]): Record<Filter, number> {
  const counts = Object.fromEntries(FILTERS.map((f) => [f, 0])) as Record<Filter, number>
  for (const c of cases) for (const f of FILTERS) if (TESTS[f](c)) counts[f] += 1
  return counts
}
