import type { Item, Shelf } from './outbox'

const NAME = 'cc-field'
const STORE = 'outbox'

/** The phone's own database; photos are kept as they are. Raises when the browser has none. */
export async function openShelf(): Promise<Shelf> {
  const base = await open()
  const run = async <T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>) =>
    answer(act(base.transaction(STORE, mode).objectStore(STORE)))
  return {
    all: () => run<Item[]>('readonly', (store) => store.getAll()),
    put: async (item) => void (await run('readwrite', (store) => store.put(item))),
    remove: async (id) => void (await run('readwrite', (store) => store.delete(id))),
  }
}

/** For browsers without a database: lasts as long as the page. */
export function pageShelf(): Shelf {
  const kept = new Map<string, Item>()
  return {
    all: () => Promise.resolve([...kept.values()]),
    put: (item) => Promise.resolve(void kept.set(item.id, item)),
    remove: (id) => Promise.resolve(void kept.delete(id)),
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' })
  return answer(request)
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('indexeddb'))
  })
}
