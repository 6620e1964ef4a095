import type { Indicator } from '@/api/types'

/** Where less is better: times, and what is late or still open. */
const LESS_IS_BETTER = new Set(['ack_median', 'arrival_median', 'arrival_p90', 'overdue', 'open_cases'])

export type Verdict = 'met' | 'missed' | 'none'

/** Whether the value meets its target; `none` without value or target. */
export function verdict({ code, value, target }: Indicator): Verdict {
  if (value === null || target === null) return 'none'
  const met = LESS_IS_BETTER.has(code) ? value <= target : value >= target
  return met ? 'met' : 'missed'
}

/** Gives the change against the period before as a share; null where there is nothing to compare. */
export function change({ value, previous }: Indicator): number | null {
  if (value === null || previous === null || previous === 0) return null
  return (value - previous) / Math.abs(previous)
}
