/** Where a unit was at a past moment: between two fixes, never beyond the last. All times epoch ms. */
import type { PastFix } from '@/api/types'
import type { Fix } from './glide'
import { metresBetween } from './glide'

/** Between fixes that are farther apart nobody knows the way. */
export const GAP_MS = 120_000
/** A way that no vehicle drove between two fixes is not drawn, m/s. */
const FASTEST = 70

/** The fix as it is drawn at `at`; null when none was before. Its own time tells how old it is. */
export function positionAt(way: readonly PastFix[], at: number): Fix | null {
  const next = firstAfter(way, at)
  const before = way[next - 1]
  const after = way[next]
  if (!before) return null
  if (!after || !drivable(before, after)) return fixOf(before)
  const part = (at - before[4]) / (after[4] - before[4])
  return {
    lon: before[0] + (after[0] - before[0]) * part,
    lat: before[1] + (after[1] - before[1]) * part,
    course: before[2],
    speedKmh: before[3],
    fixedAt: at,
  }
}

function drivable(a: PastFix, b: PastFix): boolean {
  const span = b[4] - a[4]
  const way = metresBetween({ lon: a[0], lat: a[1] }, { lon: b[0], lat: b[1] })
  return span > 0 && span <= GAP_MS && way <= (span / 1000) * FASTEST
}

function fixOf([lon, lat, course, speedKmh, fixedAt]: PastFix): Fix {
  return { lon, lat, course, speedKmh, fixedAt }
}

/** Index of the first fix later than `at`. */
function firstAfter(way: readonly PastFix[], at: number): number {
  let low = 0
  let high = way.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((way[middle]?.[4] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
}
