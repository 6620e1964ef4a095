/** How old a position is, and how it must look for it. All times are epoch milliseconds, UTC. */

export const STALE_SECONDS = 60
export const OLD_SECONDS = 300
const FAINTEST = 0.4

export type Freshness = 'live' | 'stale' | 'old' | 'none'

/** Whole seconds between a fix and now; a fix from the future counts as now. */
export function ageSeconds(fixedAt: number, now: number): number {
  return Math.max(0, Math.floor((now - fixedAt) / 1000))
}

export function freshness(fixedAt: number | null, now: number): Freshness {
  if (fixedAt === null) return 'none'
  const age = ageSeconds(fixedAt, now)
  if (age > OLD_SECONDS) return 'old'
  return age > STALE_SECONDS ? 'stale' : 'live'
}

/** Fades in twelfths from 1 at one minute to its faintest at five; what is old never grows invisible. */
export function opacityOfAge(age: number): number {
  if (age <= STALE_SECONDS) return 1
  const faded = (age - STALE_SECONDS) / (OLD_SECONDS - STALE_SECONDS)
  return Math.max(FAINTEST, Math.round((1 - faded * (1 - FAINTEST)) * 20) / 20)
}
