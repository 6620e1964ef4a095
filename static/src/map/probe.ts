import { useFleet } from '@/stores/fleet'
import type { CaseMapItem, Id } from '@/api/types'
import type { MapContext } from './context'

/** What a test may ask of the live map; it can look, not touch. Demo mode only. */
export interface Probe {
  map: {
    centre: () => { lon: number; lat: number; zoom: number }
    /** Screen px from the map's top left corner. */
    pixelOf: (lon: number, lat: number) => { x: number; y: number }
    /** Properties of what is drawn, by layer: `cc-cases`, `cc-units`, `cc-cases-cluster` … */
    rendered: (layer: string) => Record<string, unknown>[]
    loaded: () => boolean
    /** Every case in view, within crowds too. */
    cases: () => CaseMapItem[]
  }
  fleet: {
    ids: () => Id[]
    /** Where the unit is drawn at this moment, and how old the fix below it is, s. */
    drawn: (id: Id) => { lon: number; lat: number; course: number | null; age: number | null } | null
    state: (id: Id) => string | null
  }
}

declare global {
  interface Window {
    __cc?: Readonly<Probe>
  }
}

/** Puts the probe on the window; gives the way to take it off. */
export function exposeProbe(
  { map, motion, scale }: MapContext,
  cases: () => readonly CaseMapItem[],
): () => void {
  const fleet = useFleet()
  const probe: Probe = {
    map: {
      centre: () => ({ lon: map.getCenter().lng, lat: map.getCenter().lat, zoom: map.getZoom() }),
      /** Screen px from the map's top left corner. */
      pixelOf: (lon, lat) => {
        const { x, y } = map.project([lon, lat])
        return { x: x * scale(), y: y * scale() }
      },
      rendered: (layer) =>
        map.getLayer(layer)
          ? map.queryRenderedFeatures({ layers: [layer] }).map(({ properties }) => ({ ...properties }))
          : [],
      loaded: () => map.loaded(),
      cases: () => cases().map((item) => ({ ...item })),
    },
    fleet: {
      ids: () => [...fleet.units.keys()],
      drawn: (id) => {
        const at = motion.drawn(id, performance.now())
        return at && { lon: at.lon, lat: at.lat, course: at.course, age: fleet.ageOf(id) }
      },
      state: (id) => fleet.units.get(id)?.state ?? null,
    },
  }
  const mine = Object.freeze({ map: Object.freeze(probe.map), fleet: Object.freeze(probe.fleet) })
  window.__cc = mine
  return () => {
    if (window.__cc === mine) delete window.__cc
  }
}
