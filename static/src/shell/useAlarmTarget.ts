import { useRouter } from 'vue-router'
import type { Alarm } from '@/api/types'
import { useSession } from '@/stores/session'

/** What the dispatch desk can open by its id; an alarm about a colleague leads to the case alone. */
const DESTINATIONS = new Set(['case', 'order', 'unit', 'assignment', 'delivery', 'inbound', 'message'])

/** Gives the way from an alarm to what it is about: on the dispatch desk where one may sit there. */
export function useAlarmTarget(): (alarm: Alarm) => Promise<void> {
  const router = useRouter()
  const session = useSession()

  return async ({ reference, params }) => {
    if (reference.kind === 'stranger_text' && session.may('text.read')) {
      await router.push({ name: 'desk' })
      return
    }
    if (reference.kind === 'supervision' && session.may('supervision.read')) {
      await router.push({ name: 'supervision', query: { order: String(reference.id) } })
      return
    }
    const shown = DESTINATIONS.has(reference.kind) ? { [reference.kind]: reference.id } : {}
    const query = { ...shown, case: params['case_id'], unit: params['unit_id'] }
    const caseId = reference.kind === 'case' ? reference.id : params['case_id']
    if (caseId && !session.may('order.read')) {
      await router.push({ name: 'cases', params: { id: String(caseId) } })
    } else {
      const known = Object.entries({ ...query, case: caseId }).filter(([, id]) => id != null)
      await router.push({
        name: 'dispatch',
        query: Object.fromEntries(known.map(([kind, id]) => [kind, String(id)])),
      })
    }
  }
}
