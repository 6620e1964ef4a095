import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { audit as api, type AuditFilter } from '@/api/endpoints'
import type { AuditEntry, AuditState } from '@/api/types'
import { explain } from '@/i18n/errors'

const STATE_EVERY_MS = 15_000
const PENDING_EVERY_MS = 2_000
const WATCHED = 20

/** The log, what needs a look in it, and the state of its chain. */
export function useAudit() {
  const state = shallowRef<AuditState | null>(null)
  const watched = shallowRef<AuditEntry[] | null>(null)
  const entries = shallowRef<AuditEntry[] | null>(null)
  const next = ref<string | null>(null)
  const asked = shallowRef<AuditFilter>({})
  const busy = ref(false)
  const failed = ref('')
  let timer: ReturnType<typeof setTimeout> | null = null
  let turn = 0

  const checking = computed(() => Boolean(state.value?.last_check && !state.value.last_check.finished_at))

  async function load(filter: AuditFilter, cursor: string | null): Promise<void> {
    const mine = ++turn
    busy.value = true
    failed.value = ''
    try {
      const page = await api.search(filter, cursor)
      if (mine !== turn) return
      entries.value = cursor ? [...(entries.value ?? []), ...page.items] : page.items
      next.value = page.next
      asked.value = filter
    } catch (error) {
      if (mine === turn) failed.value = explain(error)
    } finally {
      if (mine === turn) busy.value = false
    }
  }

  async function renewState(): Promise<void> {
    if (timer) clearTimeout(timer)
    try {
      state.value = await api.state()
    } catch (error) {
      failed.value = explain(error)
    }
    timer = setTimeout(() => void renewState(), checking.value ? PENDING_EVERY_MS : STATE_EVERY_MS)
  }

  async function verify(): Promise<void> {
    try {
      await api.check()
    } catch (error) {
      failed.value = explain(error)
    }
    await renewState()
  }

  onMounted(async () => {
    void renewState()
    void load({}, null)
    const page = await api.search({ group: 'watched' }, null, WATCHED).catch(() => null)
    watched.value = page?.items ?? []
  })
  onBeforeUnmount(() => {
    if (timer) clearTimeout(timer)
  })

  return {
    state,
    watched,
    entries,
    next,
    asked,
    busy,
    failed,
    checking,
    verify,
    search: (filter: AuditFilter) => load(filter, null),
    more: () => load(asked.value, next.value),
  }
}
