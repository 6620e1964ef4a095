import { useRouter } from 'vue-router'
import type { Alarm } from '@/api/types'
import { useSession } from '@/stores/session'

/** Gives the way from an alarm to what it is about: on the dispatch desk where one may sit there. */
export function useAlarmTarget(): (alarm: Alarm) => Promise<void> {
  const router = useRouter()
  const session = useSession()

  return async ({ reference }) => {
    const onDesk = session.may('order.read')
    if (reference.kind === 'case' && !onDesk) {
      await router.push({ name: 'cases', params: { id: String(reference.id) } })
    } else {
      await router.push({ name: 'dispatch', query: { [reference.kind]: String(reference.id) } })
    }
  }
}
