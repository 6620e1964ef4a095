import { onBeforeUnmount, shallowRef } from 'vue'
import { cases } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime, type Bbox } from '@/realtime'
import type { CaseMapItem } from '@/api/types'

/** The cases within what the map shows, fetched again when it moves or they change. */
export function useCasesOnMap() {
  const items = shallowRef<readonly CaseMapItem[]>([])
  let view: Bbox | null = null

  async function load(): Promise<void> {
    if (!view) return
    const asked = view
    const found = await cases.onMap(asked)
    if (asked === view) items.value = found
  }

  const refresh = gather(load, 200)

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
  return { items, show }
}
