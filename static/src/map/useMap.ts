import '@fontsource/noto-sans-sc/chinese-simplified-400.css'
import 'maplibre-gl/dist/maplibre-gl.css'
import {
  AttributionControl,
  Map as Engine,
  ScaleControl,
  setWorkerUrl,
  type StyleSpecification,
} from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { nextTick, onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { get } from '@/api/client'
import type { Bbox } from '@/realtime'
import type { Hit, MapContext } from './context'
import { FrameLoop, frameMs, Motion } from './motion'
import { readPalette, readScale } from './palette'

setWorkerUrl(workerUrl)

const FONT_FAMILY = '"Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif'
const CLICK_SLACK_PX = 5

export interface MapOptions {
  container: Ref<HTMLElement | null>
  dark: Ref<boolean>
  language: Ref<string>
  centre: { lon: number; lat: number; zoom: number }
  onView?: (view: Bbox, zoom: number) => void
  onClick?: (hits: Hit[], at: { lon: number; lat: number }, cluster: GeoJSON.Feature | null) => void
}

export interface LiveMap {
  /** Set while a style is loaded; layers live exactly as long as one of these. */
  context: ShallowRef<MapContext | null>
  /** The base map could not be fetched: the desk works on a blank sheet and says so. */
  baseMissing: Ref<boolean>
  retryBase: () => void
}

/** One map engine in a container: made when mounted, restyled with theme and language. */
export function useMap(options: MapOptions): LiveMap {
  const context = shallowRef<MapContext | null>(null)
  const baseMissing = ref(false)
  let engine: Engine | null = null
  let generation = 0

  /** Loads the style anew; layers come off before and go on after. */
  async function dress(): Promise<void> {
    const mine = (generation += 1)
    const style = await fetchStyle(options.dark.value, options.language.value)
    if (mine !== generation || !options.container.value) return
    baseMissing.value = style === null
    takeOff()
    await nextTick()
    const sheet = style ?? blankSheet()
    if (engine) engine.setStyle(sheet, { diff: false })
    else engine = makeEngine(options, sheet)
    const map = engine
    enlarge()
    map.once('style.load', () => {
      if (mine === generation) context.value = makeContext(map)
    })
  }

  /** Labels, lines and symbols all grow with the root size: the box is small and shown enlarged. */
  function enlarge(): void {
    const box = options.container.value
    if (!box || !engine) return
    const scale = readScale()
    Object.assign(box.style, {
      width: `${100 / scale}%`,
      height: `${100 / scale}%`,
      transform: scale === 1 ? '' : `scale(${scale})`,
      transformOrigin: '0 0',
    })
    engine.setPixelRatio(window.devicePixelRatio * scale)
    engine.resize()
  }

  function takeOff(): void {
    context.value?.frames.stop()
    context.value = null
  }

  onMounted(async () => {
    window.addEventListener('resize', enlarge)
    await loadLabelFont()
    await dress()
  })
  watch([options.dark, options.language], () => void dress())
  onBeforeUnmount(() => {
    window.removeEventListener('resize', enlarge)
    generation += 1
    takeOff()
    engine?.remove()
    engine = null
  })
  return { context, baseMissing, retryBase: () => void dress() }
}

/** Without it, a machine with no Chinese font draws boxes; with it, waiting never blocks the map. */
async function loadLabelFont(): Promise<void> {
  try {
    await document.fonts.load('16px "Noto Sans SC"', '京')
  } catch {
    // The fallback fonts of the machine will do.
  }
}

async function fetchStyle(dark: boolean, lang: string): Promise<StyleSpecification | null> {
  try {
    return await get<StyleSpecification>('/maps/style.json', { theme: dark ? 'dark' : 'light', lang })
  } catch {
    return null
  }
}

function blankSheet(): StyleSpecification {
  const colour = readPalette().surface2
  return {
    version: 8,
    sources: {},
    layers: [{ id: 'blank', type: 'background', paint: { 'background-color': colour } }],
  }
}

function makeEngine({ container, centre, onView, onClick }: MapOptions, style: StyleSpecification): Engine {
  if (!container.value) throw new Error('no container for the map')
  const map = new Engine({
    container: container.value,
    style,
    center: [centre.lon, centre.lat],
    zoom: centre.zoom,
    minZoom: 8,
    maxZoom: 19,
    // North stays up: a dispatcher reads directions off the screen.
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    // Moving labels would blink at every update.
    fadeDuration: 0,
    localIdeographFontFamily: FONT_FAMILY,
    attributionControl: false,
    transformRequest: (url) => ({ url: new URL(url, location.href).href }),
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new AttributionControl({ compact: true }), 'bottom-right')
  map.addControl(new ScaleControl({ unit: 'metric', maxWidth: 96 }), 'bottom-right')
  // A tile that fails is asked for again when the map moves; the engine need not say so on the console.
  map.on('error', () => undefined)
  map.on('moveend', () => onView?.(viewOf(map), map.getZoom()))
  map.once('load', () => onView?.(viewOf(map), map.getZoom()))
  if (onClick) listenToClicks(map, onClick)
  return map
}

const hitKindsOf = new WeakMap<Engine, MapContext['hitKinds']>()

function makeContext(map: Engine): MapContext {
  const motion = new Motion()
  const hitKinds: MapContext['hitKinds'] = new Map()
  hitKindsOf.set(map, hitKinds)
  return {
    map,
    palette: readPalette(),
    scale: readScale,
    motion,
    frames: new FrameLoop(
      (now) => motion.moving(now),
      () => frameMs(map.getZoom(), map.getCenter().lat),
    ),
    hitKinds,
  }
}

export function viewOf(map: Engine): Bbox {
  const bounds = map.getBounds()
  return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
}

function listenToClicks(map: Engine, onClick: NonNullable<MapOptions['onClick']>): void {
  const featuresAt = (x: number, y: number) => {
    const layers = [...(hitKindsOf.get(map)?.keys() ?? [])].filter((id) => map.getLayer(id))
    const slack = CLICK_SLACK_PX
    return map.queryRenderedFeatures(
      [
        [x - slack, y - slack],
        [x + slack, y + slack],
      ],
      { layers },
    )
  }
  map.on('click', ({ point, lngLat }) => {
    const found = featuresAt(point.x, point.y)
    const cluster = found.find((f) => f.properties['cluster'] === true) ?? null
    onClick(hitsOf(map, found), { lon: lngLat.lng, lat: lngLat.lat }, cluster)
  })
  map.on('mousemove', ({ point }) => {
    map.getCanvas().style.cursor = featuresAt(point.x, point.y).length ? 'pointer' : ''
  })
}

type Found = ReturnType<Engine['queryRenderedFeatures']>

/** Each thing once, the topmost first; a cluster is no single thing. */
function hitsOf(map: Engine, found: Found): Hit[] {
  const hits = new Map<string, Hit>()
  for (const { layer, properties } of found) {
    const kind = hitKindsOf.get(map)?.get(layer.id)
    if (!kind || properties['cluster']) continue
    const id = Number(properties['id'])
    hits.set(`${kind} ${id}`, { kind, id })
  }
  return [...hits.values()]
}
