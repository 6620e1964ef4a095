import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { cases as api, type CaseFilter } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import type { CaseDetail, CaseSummary, Id } from '@/api/types'

const QUEUE_LIMIT = 200

/** The queue as the server orders it, and the case that lies open. */
export const useCases = defineStore('cases', () => {
  const queue = shallowRef<CaseSummary[]>([])
  const filter = ref<CaseFilter>({ view: 'queue', limit: QUEUE_LIMIT })
  const loading = ref(false)
  const error = shallowRef<unknown>(null)
  const loadedAt = ref<number | null>(null)
  const current = shallowRef<CaseDetail | null>(null)
  const currentError = shallowRef<unknown>(null)
  /** Screens that show the queue; it is fetched on news only while someone looks. */
  let watchers = 0

  async function load(): Promise<void> {
    loading.value = true
    try {
      queue.value = (await api.list(filter.value)).items
      loadedAt.value = Date.now()
      error.value = null
    } catch (cause) {
      error.value = cause
    } finally {
      loading.value = false
    }
  }

  async function openCase(id: Id): Promise<void> {
    if (current.value?.id !== id) current.value = null
    currentError.value = null
    try {
      accept(await api.one(id), id)
    } catch (cause) {
      currentError.value = cause
    }
  }

  /** Takes a case the server has just given; an older version than the one held is ignored. */
  function accept(detail: CaseDetail, expected = current.value?.id): void {
    if (detail.id !== expected) return
    const held = current.value
    if (held?.id === detail.id && held.version > detail.version) return
    current.value = detail
    currentError.value = null
  }

  function closeCase(): void {
    current.value = null
    currentError.value = null
  }

  /** Keeps the queue fresh until the returned function is called. */
  function watchQueue(): () => void {
    watchers += 1
    void load()
    return () => {
      watchers -= 1
    }
  }

  const refreshQueue = gather(load, 250)
  realtime.on('changed', ({ kind, id }) => {
    if (watchers && (kind === 'case' || kind === 'order' || kind === 'alarm')) refreshQueue()
    if (kind === 'case' && current.value?.id === id) void openCase(id)
    if (kind === 'order' && current.value?.orders.some((order) => order.id === id)) {
      void openCase(current.value.id)
    }
  })
  realtime.on('snapshot', () => {
    if (watchers) refreshQueue()
    if (current.value) void openCase(current.value.id)
  })

  return {
    queue,
    filter,
    loading,
    error,
    loadedAt,
    current,
    currentError,
    load,
    openCase,
    closeCase,
    accept,
    watchQueue,
  }
})
