import { ref } from 'vue'
import { isApiError } from '@/api/errors'
import type { CaseDetail } from '@/api/types'
import { explain } from '@/i18n/errors'
import { useCases } from '@/stores/cases'

/** Runs one act on the open case: takes the server's answer, or keeps the words of its refusal. */
export function useCaseActs() {
  const cases = useCases()
  const busy = ref(false)
  const failed = ref('')

  /** Whether it was done. On `stale` the latest is loaded, so that the person can look again. */
  async function run(act: () => Promise<CaseDetail>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    failed.value = ''
    try {
      cases.accept(await act())
      return true
    } catch (error) {
      failed.value = explain(error)
      if (isApiError(error) && error.status === 409 && cases.current) await cases.openCase(cases.current.id)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, failed, run }
}
