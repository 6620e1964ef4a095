/** What the phone keeps for its officer while there is no network; the browser's own database. */
import type { Codes, FieldPage, Id, Me } from '@/api/types'

export type Drawer = 'outbox' | 'known' | 'drafts'

/** Where things survive a closed page. */
export interface Shelf<T> {
  all(): Promise<T[]>
  put(item: T): Promise<void>
  remove(id: string): Promise<void>
}

/** What the server said last to whom: their own orders, and nothing that these do not show. */
export interface Known {
  id: string
  owner: Id
  /** In ms. */
  at: number
  me: Me
  page: FieldPage
  codes: Codes | null
}

const NAME = 'cc-field'
const VERSION = 2
const DRAWERS: readonly Drawer[] = ['outbox', 'known', 'drafts']
/** A shift; after that the phone has to ask again who holds it. */
const KNOWN_MS = 12 * 3_600_000

let base: Promise<IDBDatabase> | null = null

/** One drawer of the database. Raises when the browser has none. */
export async function openShelf<T>(drawer: Drawer): Promise<Shelf<T>> {
  base ??= open()
  const opened = await base
  const run = async <R>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<R>) =>
    answer(act(opened.transaction(drawer, mode).objectStore(drawer)))
  return {
    all: () => run<T[]>('readonly', (store) => store.getAll()),
    put: async (item) => void (await run('readwrite', (store) => store.put(item))),
    remove: async (id) => void (await run('readwrite', (store) => store.delete(id))),
  }
}

/** For browsers without a database: lasts as long as the page. */
export function pageShelf<T extends { id: string }>(): Shelf<T> {
  const kept = new Map<string, T>()
  return {
    all: () => Promise.resolve([...kept.values()]),
    put: (item) => Promise.resolve(void kept.set(item.id, item)),
    remove: (id) => Promise.resolve(void kept.delete(id)),
  }
}

/** Keeps what the server said, without what a session is made of. */
export async function keepKnown(
  shelf: Shelf<Known>,
  me: Me,
  page: FieldPage,
  codes: Codes | null,
  at: number,
): Promise<void> {
  // Plain data: what a screen watches cannot be stored.
  const plain = JSON.parse(JSON.stringify({ me: { ...me, csrf: '' }, page, codes })) as Omit<Known, 'id'>
  await shelf.put({ ...plain, id: String(me.id), owner: me.id, at })
}

/** What was kept within this shift; null when there is nothing. */
export async function lastKnown(shelf: Shelf<Known>, now: number): Promise<Known | null> {
  const fresh = (await shelf.all()).filter(({ at }) => at <= now && now - at < KNOWN_MS)
  return fresh.sort((a, b) => b.at - a.at)[0] ?? null
}

/** Takes out of a drawer whatever is not this person's; all of it for null. */
export async function forget(shelf: Shelf<{ id: string; owner: Id }>, except: Id | null): Promise<void> {
  for (const { id, owner } of await shelf.all()) if (owner !== except) await shelf.remove(id)
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION)
  request.onupgradeneeded = () => {
    const missing = DRAWERS.filter((drawer) => !request.result.objectStoreNames.contains(drawer))
    for (const drawer of missing) request.result.createObjectStore(drawer, { keyPath: 'id' })
  }
  return answer(request)
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('indexeddb'))
  })
}
