import { computed, onBeforeUnmount, ref, shallowRef } from 'vue'
import { cases } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime, type Bbox } from '@/realtime'
import type { CaseMapItem, Id } from '@/api/types'

const isOver = ({ status }: CaseMapItem): boolean => status === 'closed' || status === 'referred'

/**
 * The cases within what the map shows, fetched again when it moves or they change. Those that are
 * over are left out unless asked for, save what this desk has seen open: that shows how it ended.
 */
export function useCasesOnMap() {
  const all = shallowRef<readonly CaseMapItem[]>([])
  const withPast = ref(false)
  const seenOpen = new Set<Id>()
  const items = computed(() => all.value.filter((c) => withPast.value || !isOver(c) || seenOpen.has(c.id)))
  let view: Bbox | null = null

  async function load(): Promise<void> {
    if (!view) return
    const asked = view
    const found = await cases.onMap(asked)
    if (asked !== view) return
    for (const item of found) if (!isOver(item)) seenOpen.add(item.id)
    all.value = found
  }

  const refresh = gather(load, 400)

  function show(next: Bbox): void {
    view = next
    refresh()
  }

  const stop = [
    realtime.on('changed', ({ kind }) => {
      if (kind === 'case' || kind === 'order') refresh()
    }),
    realtime.on('snapshot', refresh),
  ]
  onBeforeUnmount(() => stop.forEach((off) => off()))
  return { all, items, withPast, show }
}
