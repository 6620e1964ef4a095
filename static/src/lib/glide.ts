/** Moves a drawn unit from where it stood to its newest fix, so that 1 Hz looks like driving. */

export interface Fix {
  lon: number
  lat: number
  /** Degrees clockwise from north; null when the terminal gave none. */
  course: number | null
  speedKmh: number | null
  /** Epoch ms by the terminal's clock. */
  fixedAt: number
}

export interface Drawn {
  lon: number
  lat: number
  course: number | null
  moving: boolean
}

export interface Glide {
  from: { lon: number; lat: number; course: number | null }
  to: Fix
  startedAt: number
  lastsMs: number
}

/** The unit must stand on its fix within a second of hearing of it. */
const LONGEST_MS = 900
/** Beyond this a glide would invent a journey: jump instead. */
const JUMP_M = 400
const METRES_PER_DEGREE = 111_320

export function metresBetween(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const east = (b.lon - a.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180)
  return Math.hypot(east, b.lat - a.lat) * METRES_PER_DEGREE
}

/** The glide after `fix` arrived at `now`; a fix not newer than the last changes nothing. */
export function retarget(previous: Glide | undefined, fix: Fix, now: number): Glide {
  if (!previous) return { from: fix, to: fix, startedAt: now, lastsMs: 0 }
  if (fix.fixedAt <= previous.to.fixedAt) return previous
  const from = drawnAt(previous, now)
  const interval = fix.fixedAt - previous.to.fixedAt
  const lastsMs = metresBetween(from, fix) > JUMP_M ? 0 : Math.min(LONGEST_MS, interval)
  return { from, to: fix, startedAt: now, lastsMs }
}

export function drawnAt(glide: Glide, now: number): Drawn {
  const { from, to, startedAt, lastsMs } = glide
  const part = lastsMs === 0 ? 1 : Math.min(1, Math.max(0, (now - startedAt) / lastsMs))
  return {
    lon: from.lon + (to.lon - from.lon) * part,
    lat: from.lat + (to.lat - from.lat) * part,
    course: turn(from.course, to.course, part),
    moving: part < 1,
  }
}

/** The short way round between two courses, in [0, 360). */
function turn(from: number | null, to: number | null, part: number): number | null {
  if (from === null || to === null) return to
  const difference = ((to - from + 540) % 360) - 180
  return (from + difference * part + 360) % 360
}
