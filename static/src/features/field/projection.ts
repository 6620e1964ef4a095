import type { AssignmentReport, AssignmentState } from '@/api/types'

const WAY: readonly string[] = ['ISSUED', 'ACKED', 'EN_ROUTE', 'ON_SCENE', 'HANDLING', 'FED_BACK', 'CLEARED']
const WORKING = new Set(['ISSUED', 'ACKED', 'EN_ROUTE', 'ON_SCENE', 'HANDLING'])

/** The steps of an order as a crew sees them. */
export const STEPS: readonly AssignmentReport[] = [
  'ACKED',
  'EN_ROUTE',
  'ON_SCENE',
  'HANDLING',
  'FED_BACK',
  'CLEARED',
]

export interface Projected {
  /** Where the crew stands once everything waiting on this phone has been sent. */
  state: AssignmentState
  next: AssignmentReport[]
  /** Whether part of this has not reached the server yet. */
  waiting: boolean
}

/** What the server knows, and what this phone has yet to tell it, put together. */
export function project(
  assignment: { state: AssignmentState; next: AssignmentReport[] },
  queued: readonly AssignmentReport[],
): Projected {
  if (!queued.length) return { state: assignment.state, next: assignment.next, waiting: false }
  const state = queued.reduce(after, assignment.state)
  return { state, next: reportsAfter(state), waiting: true }
}

function after(state: AssignmentState, report: AssignmentReport): AssignmentState {
  if (report === 'NEED_HELP') return state === 'ISSUED' ? 'ACKED' : state
  if (report === 'CANNOT') return 'CANNOT'
  return WAY.indexOf(report) > WAY.indexOf(state) ? report : state
}

/** What may be reported in this state, the usual next step first. */
export function reportsAfter(state: AssignmentState): AssignmentReport[] {
  if (state === 'FED_BACK') return ['CLEARED']
  if (!WORKING.has(state)) return []
  const ahead = WAY.slice(WAY.indexOf(state) + 1).filter((s) => s !== 'CLEARED')
  return [...(ahead as AssignmentReport[]), 'NEED_HELP', 'CANNOT']
}
