import { onBeforeUnmount, ref, shallowRef } from 'vue'
import { maps } from '@/api/endpoints'
import type { Candidate, Unplaced } from '@/api/types'

const PAUSE_MS = 180

/** Asks for candidates while one types: only the last question's answer counts. */
export function useGeocode() {
  const candidates = shallowRef<(Candidate | Unplaced)[]>([])
  const busy = ref(false)
  const failure = shallowRef<unknown>(null)
  /** The words that `candidates` answers; null before the first answer. */
  const answered = ref<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | null = null
  let running: AbortController | null = null

  function ask(text: string): void {
    cancel()
    const query = text.trim()
    if (query.length < 2) {
      candidates.value = []
      answered.value = null
      return
    }
    timer = setTimeout(() => void fetchFor(query), PAUSE_MS)
  }

  async function fetchFor(query: string): Promise<void> {
    const mine = (running = new AbortController())
    busy.value = true
    try {
      const found = await maps.find(query, mine.signal)
      candidates.value = found.candidates
      answered.value = query
      failure.value = null
    } catch (error) {
      if (!mine.signal.aborted) failure.value = error
    } finally {
      if (running === mine) busy.value = false
    }
  }

  function cancel(): void {
    if (timer) clearTimeout(timer)
    running?.abort()
    timer = running = null
    busy.value = false
  }

  function clear(): void {
    cancel()
    candidates.value = []
    answered.value = null
    failure.value = null
  }

  onBeforeUnmount(cancel)
  return { candidates, busy, failure, answered, ask, clear }
}
