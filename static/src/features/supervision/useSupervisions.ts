import { onBeforeUnmount, onMounted, shallowRef, watch } from 'vue'
import { supervisions as api, type Supervision } from '@/api/supervision'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import type { Id } from '@/api/types'

/** The orders that are asked for, kept fresh while the screen stands. */
export function useSupervisions(query: () => { case_id?: Id; open?: boolean }) {
  const list = shallowRef<Supervision[] | null>(null)
  const failure = shallowRef<unknown>(null)
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const { items } = await api.list(query())
      if (mine !== asked) return
      list.value = items
      failure.value = null
    } catch (error) {
      if (mine === asked) failure.value = error
    }
  }

  const refresh = gather(load, 250)
  const ends = [
    realtime.on('changed', ({ kind }) => {
      if (kind === 'supervision') refresh()
    }),
    realtime.on('snapshot', refresh),
  ]
  watch(query, () => {
    list.value = null
    void load()
  })
  onMounted(load)
  onBeforeUnmount(() => ends.forEach((end) => end()))
  return { list, failure, load }
}
