import { ref } from 'vue'
import { ElMessage } from 'element-plus'
import { explain } from '@/i18n/errors'

/** Runs one act at a time; what goes wrong is said where the person looks. */
export function useRun() {
  const busy = ref(false)
  const failed = ref('')

  /** Gives the act's result, or null after saying what went wrong. */
  async function run<T>(act: () => Promise<T>, { quiet = false } = {}): Promise<T | null> {
    if (busy.value) return null
    busy.value = true
    failed.value = ''
    try {
      return await act()
    } catch (error) {
      failed.value = explain(error)
      if (!quiet) ElMessage({ type: 'error', message: failed.value, grouping: true })
      return null
    } finally {
      busy.value = false
    }
  }

  return { busy, failed, run }
}
