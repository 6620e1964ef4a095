/** Where every unit is drawn at this moment, and one loop that redraws while anything moves. */
import { drawnAt, retarget, type Drawn, type Fix, type Glide } from '@/lib/glide'

type Id = number

export class Motion {
  private glides = new Map<Id, Glide>()

  /** Takes the newest fixes; units that are no longer named are gone. */
  take(fixes: ReadonlyMap<Id, Fix>, now: number): void {
    const next = new Map<Id, Glide>()
    for (const [id, fix] of fixes) next.set(id, retarget(this.glides.get(id), fix, now))
    this.glides = next
  }

  drawn(id: Id, now: number): Drawn | null {
    const glide = this.glides.get(id)
    return glide ? drawnAt(glide, now) : null
  }

  moving(now: number): boolean {
    for (const { startedAt, lastsMs } of this.glides.values()) {
      if (now - startedAt < lastsMs) return true
    }
    return false
  }
}

type Draw = (now: number) => Promise<unknown> | undefined

/**
 * Draws at most once per animation frame and once per `everyMs`, never while the engine still
 * digests the last frame, and stops by itself when nothing moves.
 */
export class FrameLoop {
  private readonly draws = new Set<Draw>()
  private timer: ReturnType<typeof setTimeout> | null = null
  private frame = 0
  private busy = false
  private wanted = false
  private drawnAt = -Infinity

  constructor(
    private readonly goesOn: (now: number) => boolean,
    private readonly everyMs: () => number = () => 0,
  ) {}

  add(draw: Draw): () => void {
    this.draws.add(draw)
    this.kick()
    return () => this.draws.delete(draw)
  }

  kick(): void {
    this.wanted = true
    if (this.frame || this.busy || this.timer) return
    const rest = this.drawnAt + this.everyMs() - performance.now()
    if (rest <= 0) this.request()
    else this.timer = setTimeout(() => this.request(), rest)
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    cancelAnimationFrame(this.frame)
    this.timer = null
    this.frame = 0
    this.draws.clear()
  }

  private request(): void {
    this.timer = null
    this.frame = requestAnimationFrame(() => void this.step())
  }

  private async step(): Promise<void> {
    const now = performance.now()
    this.frame = 0
    this.wanted = false
    this.busy = true
    this.drawnAt = now
    try {
      await Promise.all([...this.draws].map((draw) => draw(now)))
    } finally {
      this.busy = false
    }
    if (this.wanted || this.goesOn(now)) this.kick()
  }
}

const EQUATOR_M_PER_PX = 78_271.517
const FASTEST_M_PER_S = 20
const SLOWEST_MS = 250
const QUICKEST_MS = 33

/**
 * How long one frame may stand before the fastest vehicle has gone half a pixel: at city scale
 * four frames a second already look smooth, and an operator's machine stays cool.
 */
export function frameMs(zoom: number, lat: number): number {
  const metresPerPixel = (EQUATOR_M_PER_PX * Math.cos((lat * Math.PI) / 180)) / 2 ** zoom
  const halfPixel = (500 * metresPerPixel) / FASTEST_M_PER_S
  return Math.min(SLOWEST_MS, Math.max(QUICKEST_MS, halfPixel))
}
