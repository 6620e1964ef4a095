import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { cases } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import type { Id, Recommendation } from '@/api/types'

const REFRESH_MS = 20_000
/** Crews change state all day: the ranking follows them, but not each by itself. */
const NEWS_MS = 2_000

/** Who could go to this case, kept fresh while it lies open: vehicles drive on. */
export function useRecommendation(caseId: Ref<Id | null>) {
  const recommendation = shallowRef<Recommendation | null>(null)
  const loading = ref(false)
  const error = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    const id = caseId.value
    if (id === null) return
    loading.value = recommendation.value === null
    try {
      const answer = await cases.recommendation(id)
      if (id !== caseId.value) return
      recommendation.value = answer
      error.value = null
    } catch (cause) {
      if (id === caseId.value) error.value = cause
    } finally {
      if (id === caseId.value) loading.value = false
    }
  }

  const refresh = gather(load, NEWS_MS)
  const timer = setInterval(() => void load(), REFRESH_MS)
  const stop = [realtime.on('unit', refresh), realtime.on('snapshot', refresh)]
  onBeforeUnmount(() => {
    clearInterval(timer)
    stop.forEach((off) => off())
  })
  watch(
    caseId,
    () => {
      recommendation.value = null
      error.value = null
      void load()
    },
    { immediate: true },
  )
  return { recommendation, loading, error, load }
}
