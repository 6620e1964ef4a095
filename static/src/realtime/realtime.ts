import { backoffMs } from '@/lib/backoff'
import type { Alarm, Changed, Positions, Snapshot, Unit } from '@/api/types'

/** A client that hears nothing for this long distrusts the line and dials again. */
export const SILENCE_MS = 12_000

export interface RealtimeEvents {
  snapshot: Snapshot
  positions: Positions
  unit: Unit
  alarm: Alarm
  changed: Changed
  state: LinkState
}
export type LinkState = 'idle' | 'connecting' | 'live' | 'down'
export type Bbox = readonly [west: number, south: number, east: number, north: number]

/** The few words of socket.io-client that we speak; a test hands in its own. */
export interface Line {
  connected: boolean
  on(event: string, handler: (payload: never) => void): unknown
  emit(event: string, payload: unknown, ack?: (answer: never) => void): unknown
  connect(): unknown
  disconnect(): unknown
}

type Handler<K extends keyof RealtimeEvents> = (payload: RealtimeEvents[K]) => void
const FROM_SERVER = ['positions', 'unit', 'alarm', 'changed'] as const

/**
 * One link to the server: asks for a snapshot at each (re)connect, fans messages out, and dials
 * again by itself when the line is cut or silent.
 */
export class Realtime {
  /** Object -> the number of the news that told it last; several servers may tell it in any order. */
  private readonly told = new Map<string, number>()
  private readonly handlers = new Map<string, Set<(payload: never) => void>>()
  private snapshotAt = 0
  private line: Line | null = null
  private view: Bbox | null = null
  private attempts = 0
  private dialledAt = 0
  private redial: ReturnType<typeof setTimeout> | null = null
  private watch: ReturnType<typeof setInterval> | null = null
  private linkState: LinkState = 'idle'
  /** When the server was last heard, in ms of `now()`; 0 before the first word. */
  lastHeardAt = 0

  constructor(
    private readonly open: () => Line,
    private readonly now: () => number = Date.now,
  ) {}

  get state(): LinkState {
    return this.linkState
  }

  on<K extends keyof RealtimeEvents>(event: K, handler: Handler<K>): () => void {
    const set = this.handlers.get(event) ?? new Set()
    this.handlers.set(event, set.add(handler as (payload: never) => void))
    return () => set.delete(handler as (payload: never) => void)
  }

  start(): void {
    if (this.line) return
    this.line = this.wire(this.open())
    this.watch = setInterval(() => this.checkSilence(), 1_000)
    this.dial()
  }

  stop(): void {
    if (this.watch) clearInterval(this.watch)
    if (this.redial) clearTimeout(this.redial)
    this.watch = this.redial = null
    const line = this.line
    this.line = null
    line?.disconnect()
    this.lastHeardAt = 0
    this.become('idle')
  }

  /** Tells the server which part of the map this desk looks at; repeated after a reconnect. */
  setView(bbox: Bbox): void {
    this.view = bbox
    if (this.line?.connected) this.line.emit('view', { bbox })
  }

  private wire(line: Line): Line {
    line.on('connect', () => this.onConnect())
    line.on('disconnect', () => this.onLost())
    line.on('connect_error', () => this.onLost())
    line.on('beat', () => this.heard())
    for (const event of FROM_SERVER) {
      line.on(event, (payload: never) => {
        this.heard()
        if (!this.isOlder(event, payload)) this.tell(event, payload)
      })
    }
    return line
  }

  private dial(): void {
    this.dialledAt = this.now()
    this.become('connecting')
    this.line?.connect()
  }

  private onConnect(): void {
    this.heard()
    this.line?.emit('hello', {}, (answer: never) => {
      const snapshot = answer as Snapshot | undefined
      if (!snapshot || !Array.isArray(snapshot.units)) return
      this.attempts = 0
      this.heard()
      this.told.clear()
      this.snapshotAt = snapshot.seq
      this.tell('snapshot', snapshot as never)
      this.become('live')
    })
    if (this.view) this.line?.emit('view', { bbox: this.view })
  }

  private onLost(): void {
    if (!this.line || this.redial) return
    this.become('down')
    this.redial = setTimeout(() => {
      this.redial = null
      this.dial()
    }, backoffMs(this.attempts++))
  }

  private checkSilence(): void {
    if (this.linkState === 'idle' || this.redial) return
    const since = this.linkState === 'live' ? this.lastHeardAt : this.dialledAt
    if (this.now() - since < SILENCE_MS) return
    this.line?.disconnect()
    this.onLost()
  }

  /** Whether we know this unit or alarm as it was told later, by another server or the snapshot. */
  private isOlder(event: string, payload: { seq?: number; id?: number }): boolean {
    if ((event !== 'unit' && event !== 'alarm') || payload.seq === undefined) return false
    const name = `${event} ${payload.id}`
    if (payload.seq < (this.told.get(name) ?? this.snapshotAt)) return true
    this.told.set(name, payload.seq)
    return false
  }

  private heard(): void {
    this.lastHeardAt = this.now()
  }

  private become(state: LinkState): void {
    if (state === this.linkState) return
    this.linkState = state
    this.tell('state', state as never)
  }

  private tell(event: keyof RealtimeEvents, payload: never): void {
    for (const handler of this.handlers.get(event) ?? []) handler(payload)
  }
}
