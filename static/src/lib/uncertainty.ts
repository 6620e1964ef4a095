/** Where a vehicle may be by now: as `dispatch.recommendation.rank` reckons it. */

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

/** How long so many metres are on the map at zoom 0, px; each zoom doubles it. */
export function pixelsAtZoom0(metres: number, lat: number): number {
  return (metres * WORLD_PIXELS) / (EQUATOR_METRES * Math.cos((lat * Math.PI) / 180))
}
