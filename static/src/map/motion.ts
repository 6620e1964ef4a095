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
 * Draws at most once per animation frame, never while the engine still digests the last frame,
 * and stops by itself when nothing moves.
 */
export class FrameLoop {
  private readonly draws = new Set<Draw>()
  private frame = 0
  private busy = false
  private wanted = false

  constructor(private readonly goesOn: (now: number) => boolean) {}

  add(draw: Draw): () => void {
    this.draws.add(draw)
    this.kick()
    return () => this.draws.delete(draw)
  }

  kick(): void {
    this.wanted = true
    if (!this.frame && !this.busy) this.frame = requestAnimationFrame(() => void this.step())
  }

  stop(): void {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    this.draws.clear()
  }

  private async step(): Promise<void> {
    const now = performance.now()
    this.frame = 0
    this.wanted = false
    this.busy = true
    try {
      await Promise.all([...this.draws].map((draw) => draw(now)))
    } finally {
      this.busy = false
    }
    if (this.wanted || this.goesOn(now)) this.kick()
  }
}
