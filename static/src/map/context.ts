import { inject, onBeforeUnmount, type InjectionKey } from 'vue'
import type { FilterSpecification, LayerSpecification, Map as Engine, SourceSpecification } from 'maplibre-gl'
import type { Id } from '@/api/types'
import type { FrameLoop, Motion } from './motion'
import type { Palette } from './palette'
import { PIXEL_RATIO } from './symbols'

/** Something on the map that can be clicked. */
export interface Hit {
  kind: 'case' | 'unit'
  id: Id
}

/** What a layer needs of the map it lies on. Never reactive: the engine is not Vue's business. */
export interface MapContext {
  map: Engine
  palette: Palette
  motion: Motion
  frames: FrameLoop
  /** Screen px for an engine's px: on a wall display the whole map is drawn larger. */
  scale: () => number
  /** Layers whose features answer to a click, and what each of them is. */
  hitKinds: Map<string, Hit['kind']>
}

export const MAP_CONTEXT: InjectionKey<MapContext> = Symbol('map')

export function useMapContext(): MapContext {
  const context = inject(MAP_CONTEXT)
  if (!context) throw new Error('a map layer must stand inside MapView')
  return context
}

/** The font of every label; shipped with the page, since the map has no glyph server. */
export const LABEL_FONT = ['Noto Sans SC']
export const NOTHING: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }

interface Parts {
  images?: Record<string, ImageData>
  sources?: Record<string, SourceSpecification>
  layers: LayerSpecification[]
  hits?: Record<string, Hit['kind']>
}

/** Puts images, sources and layers on the map and takes them off with the component. */
export function useMapParts(parts: Parts): MapContext {
  const context = useMapContext()
  const { map, hitKinds } = context
  const { images = {}, sources = {}, hits = {}, layers } = parts
  for (const [id, image] of Object.entries(images)) map.addImage(id, image, { pixelRatio: PIXEL_RATIO })
  for (const [id, source] of Object.entries(sources)) map.addSource(id, source)
  for (const layer of layers) map.addLayer(layer, beforeOf(map, layer.id))
  for (const [id, kind] of Object.entries(hits)) hitKinds.set(id, kind)

  onBeforeUnmount(() => {
    for (const id of Object.keys(hits)) hitKinds.delete(id)
    // The engine forgets everything by itself when it goes or changes its style.
    if (!map.style) return
    for (const { id } of layers) if (map.getLayer(id)) map.removeLayer(id)
    for (const id of Object.keys(sources)) if (map.getSource(id)) map.removeSource(id)
    for (const id of Object.keys(images)) if (map.hasImage(id)) map.removeImage(id)
  })
  return context
}

/** Our layers from the ground up; whoever comes late is put into its place. */
const ORDER = [
  'cc-regions-fill',
  'cc-regions-line',
  'cc-regions-label',
  'cc-branches',
  'cc-branches-label',
  'cc-trail',
  'cc-trail-dots',
  'cc-lines',
  'cc-lines-label',
  'cc-cases-cluster',
  'cc-cases-cluster-count',
  'cc-cases',
  'cc-marks-ring',
  'cc-marks',
  'cc-cases-many',
  'cc-cases-many-count',
  'cc-units-disc',
  'cc-units-ring',
  'cc-units-heading',
  'cc-units',
]

function beforeOf(map: Engine, id: string): string | undefined {
  const at = ORDER.indexOf(id)
  return at < 0 ? undefined : ORDER.slice(at + 1).find((later) => map.getLayer(later))
}

export function whereId(ids: readonly Id[]): FilterSpecification {
  return ['in', ['get', 'id'], ['literal', [...ids]]]
}
