import type { AssignmentReport } from '@/api/types'

const WAY: AssignmentReport[] = ['ACKED', 'EN_ROUTE', 'ON_SCENE', 'HANDLING', 'FED_BACK']
const WORKING = new Set<string>(['ISSUED', 'ACKED', 'EN_ROUTE', 'ON_SCENE', 'HANDLING'])

/** What may be reported of an assignment in this state, the usual next step first. */
export function reportsAfter(state: string): AssignmentReport[] {
  if (state === 'FED_BACK') return ['CLEARED']
  if (!WORKING.has(state)) return []
  return [...WAY.slice(WAY.indexOf(state as AssignmentReport) + 1), 'NEED_HELP', 'CANNOT']
}
