/** What an officer has said and the server has not heard yet: kept on the phone, sent in order. */
import { isApiError } from '@/api/errors'
import { backoffMs } from '@/lib/backoff'
import type { Shelf } from '@/lib/phone'
import type { AssignmentStatus, Id, InspectionBody, Instant, Missed } from '@/api/types'
import type { Drawn } from './inspection'

interface Kept {
  id: string
  /** Whose words they are: another person on this phone must never send them. */
  owner: Id
  at: number
  tries: number
  /** Why the server will not have it; null while it may still go. */
  refused: string | null
  /** What had happened there meanwhile; the server keeps these words as a note. */
  missed?: Missed | null
}
export type StatusItem = Kept & {
  kind: 'status'
  assignmentId: Id
  body: AssignmentStatus & { device_time: Instant }
}
export type PhotoItem = Kept & { kind: 'photo'; assignmentId: Id; name: string; file: Blob }
export type SosItem = Kept & { kind: 'sos'; body: { lat: number | null; lon: number | null; at: Instant } }
export type InspectionItem = Kept & {
  kind: 'inspection'
  assignmentId: Id
  /** Its pictures and sounds go first, each once; then the record that names them. */
  body: Omit<InspectionBody, 'key' | 'signatures' | 'attachment_ids'>
  signatures: Drawn[]
  files: { name: string; file: Blob }[]
}
export type Item = StatusItem | PhotoItem | SosItem | InspectionItem
type Fresh<T> = T extends Item ? Omit<T, 'owner' | 'tries' | 'refused' | 'at'> : never
export type NewItem = Fresh<Item>

interface Options {
  shelf: Shelf<Item>
  owner: Id
  /** Gives what was missed, for words that came too late. */
  send: (item: Item) => Promise<Missed | null>
  changed: (items: readonly Item[]) => void
  now?: () => number
  later?: (run: () => void, ms: number) => () => void
  reason?: (error: unknown) => string
}

const AGAIN = new Set([0, 401, 408, 425, 429])

/** Whether the same words may still be taken later: the line, the server or the sign-in was at fault. */
export function mayGoLater(error: unknown): boolean {
  return isApiError(error) && (AGAIN.has(error.status) || error.status >= 500)
}

/** Whether it still waits to be sent. */
export const mayGo = (item: Item): boolean => !item.refused && !item.missed

export class Outbox {
  private items: Item[] = []
  private busy = false
  private failures = 0
  private cancelTimer: (() => void) | null = null

  constructor(private readonly o: Options) {}

  async open(): Promise<void> {
    const kept = await this.o.shelf.all()
    this.items = kept.filter((item) => item.owner === this.o.owner).sort(inOrder)
    this.tell()
    void this.flush()
  }

  close(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
  }

  /** Keeps it first, sends it then: what is shown as kept survives a dead battery. */
  async add(fresh: NewItem): Promise<void> {
    const at = (this.o.now ?? Date.now)()
    const item = { ...fresh, owner: this.o.owner, at, tries: 0, refused: null } as Item
    await this.o.shelf.put(item)
    this.items = [...this.items, item].sort(inOrder)
    this.tell()
    await this.flush()
  }

  /** Takes away what the server answered; what may still go is never thrown away. */
  async dismiss(id: string): Promise<void> {
    const item = this.items.find((one) => one.id === id)
    if (!item || mayGo(item)) return
    await this.drop(item)
  }

  /** Sends what waits, oldest first, until the line fails; safe to call at any time. */
  async flush(): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.close()
    try {
      for (let item = this.next(); item; item = this.next()) {
        if (!(await this.deliver(item))) break
      }
    } finally {
      this.busy = false
    }
    const first = this.next()
    if (first) this.schedule(first)
  }

  private next(): Item | undefined {
    return this.items.find(mayGo)
  }

  /** Gives false when the line is at fault and the others need not be tried. */
  private async deliver(item: Item): Promise<boolean> {
    let missed: Missed | null
    try {
      missed = await this.o.send(item)
    } catch (error) {
      const later = mayGoLater(error)
      const refused = later ? null : (this.o.reason?.(error) ?? String(error))
      await this.replace({ ...item, tries: item.tries + 1, refused })
      if (later) this.failures += 1
      return !later
    }
    this.failures = 0
    await (missed ? this.replace({ ...item, missed }) : this.drop(item))
    return true
  }

  private schedule({ kind }: Item): void {
    const later = this.o.later ?? defaultLater
    const cap = kind === 'sos' ? 2_000 : 30_000
    this.cancelTimer = later(() => void this.flush(), backoffMs(this.failures, { first: 1_000, cap }))
  }

  private async replace(item: Item): Promise<void> {
    this.items = this.items.map((one) => (one.id === item.id ? item : one))
    this.tell()
    await this.o.shelf.put(item)
  }

  private async drop(item: Item): Promise<void> {
    await this.o.shelf.remove(item.id)
    this.items = this.items.filter((one) => one.id !== item.id)
    this.tell()
  }

  private tell(): void {
    this.o.changed(this.items)
  }
}

/** A call for help overtakes everything. */
function inOrder(a: Item, b: Item): number {
  return Number(b.kind === 'sos') - Number(a.kind === 'sos') || a.at - b.at
}

function defaultLater(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
