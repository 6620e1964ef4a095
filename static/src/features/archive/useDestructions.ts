import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { archive as api, type Destruction, type DestructionLine } from '@/api/archive'
import type { Id } from '@/api/types'
import { useRun } from '@/shell/useRun'
import { explainArchive } from './words'

const CARRYING_OUT_MS = 3_000

/** The lists of what is due, one of them open, and the steps that it takes. */
export function useDestructions() {
  const lists = shallowRef<DestructionLine[] | null>(null)
  const opened = shallowRef<Destruction | null>(null)
  const failure = ref('')
  const { busy, failed, run } = useRun()
  let timer: ReturnType<typeof setTimeout> | null = null
  let turn = 0

  const waiting = computed(
    () => lists.value?.filter(({ state }) => state === 'PROPOSED' || state === 'REQUESTED').length ?? 0,
  )

  async function load(): Promise<void> {
    failure.value = ''
    try {
      lists.value = await api.lists()
    } catch (error) {
      failure.value = explainArchive(error)
    }
  }

  async function open(id: Id | null): Promise<void> {
    const mine = ++turn
    stop()
    if (opened.value?.id !== id) opened.value = null
    if (id === null) return
    failure.value = ''
    try {
      const found = await api.list(id)
      if (mine === turn) take(found)
    } catch (error) {
      if (mine === turn) failure.value = explainArchive(error)
    }
  }

  /** Shows a list as the server has it now; one that is being carried out is asked for again. */
  function take(found: Destruction): void {
    opened.value = found
    lists.value = lists.value?.map((one) => (one.id === found.id ? found : one)) ?? null
    stop()
    if (found.state === 'APPROVED') timer = setTimeout(() => void open(found.id), CARRYING_OUT_MS)
  }

  /** Whether the step was taken; a refusal is told, and the list shown as it is by now. */
  async function act(step: () => Promise<Destruction>): Promise<boolean> {
    const changed = await run(step, { quiet: true })
    if (changed) take(changed)
    return changed !== null
  }

  function stop(): void {
    if (timer) clearTimeout(timer)
    timer = null
  }

  onMounted(load)
  onBeforeUnmount(() => {
    turn += 1
    stop()
  })
  return { lists, opened, failure, waiting, busy, failed, load, open, act }
}
