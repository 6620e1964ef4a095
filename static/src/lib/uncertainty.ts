/** Where a vehicle may be by now: as `dispatch.recommendation.rank` reckons it. */

import type { UnitState } from '@/api/types'
import { OLD_SECONDS, STALE_SECONDS } from './age'

const RECEIVER_METRES = 20
const CITY_MPS = 30 / 3.6
const SLOWEST_MPS = 1
const EQUATOR_METRES = 40_075_016.686
/** Of the world at zoom 0. */
const WORLD_PIXELS = 512

/** Radius, m, of where it may have driven since its fix, `age` seconds ago. */
export function uncertaintyMetres(age: number, speedKmh: number | null): number {
  const pace = speedKmh === null ? CITY_MPS : Math.max(speedKmh / 3.6, SLOWEST_MPS)
  return RECEIVER_METRES + Math.max(0, age) * pace
}

/** Above the largest disc nobody learns anything but that the unit is lost; below the smallest the
 * symbol covers it. */
const DISC = { least: 60, most: 5_000 }
const ON_THE_WAY = new Set<UnitState>(['ASSIGNED', 'EN_ROUTE'])

/**
 * Radius of the disc to draw, m: of the unit that is chosen, and of those that somebody waits for
 * once their position grows stale. Of a whole fleet that fell silent, discs would only hide the map.
 */
export function discMetres(
  age: number,
  speedKmh: number | null,
  state: UnitState,
  chosen: boolean,
): number | null {
  const awaited = ON_THE_WAY.has(state) && age > STALE_SECONDS && age <= OLD_SECONDS
  const metres = Math.round(uncertaintyMetres(age, speedKmh) / 10) * 10
  return (chosen || awaited) && metres >= DISC.least && metres <= DISC.most ? metres : null
}

/** How long so many metres are on the map at zoom 0, px; each zoom doubles it. */
export function pixelsAtZoom0(metres: number, lat: number): number {
  return (metres * WORLD_PIXELS) / (EQUATOR_METRES * Math.cos((lat * Math.PI) / 180))
}
