import { onBeforeUnmount } from 'vue'
import { ElMessage } from 'element-plus'
import { useRouter } from 'vue-router'
import { conferences } from '@/api/endpoints'
import { translate } from '@/i18n'
import { realtime } from '@/realtime'
import { useSession } from '@/stores/session'

/** A leader who answers a three-party call sees its case at once; the server says whether they may. */
export function useCalledIn(): void {
  const router = useRouter()
  const session = useSession()

  async function show(id: number): Promise<void> {
    const { case_id, case_no } = await conferences.one(id)
    ElMessage({ message: translate('conference.calledIn', { no: case_no }), grouping: true })
    const known = String(case_id)
    await router.push(
      session.may('order.read')
        ? { name: 'dispatch', query: { case: known } }
        : { name: 'cases', params: { id: known } },
    )
  }

  const stop = realtime.on('changed', ({ kind, id }) => {
    if (kind === 'called') void show(id).catch(() => undefined)
  })
  onBeforeUnmount(stop)
}
