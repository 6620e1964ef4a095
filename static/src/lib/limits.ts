import type { Assignment, AssignmentState, Light, Stage } from '@/api/types'

/** The stages that have a time limit, in the order in which they are reached. */
export const STAGES = ['ack', 'depart', 'arrive', 'feedback'] as const satisfies readonly Stage[]

/** How many of the stages each state has behind it; a state without an entry waits for none. */
const REACHED: Partial<Record<AssignmentState, number>> = {
  ISSUED: 0,
  ACKED: 1,
  EN_ROUTE: 2,
  ON_SCENE: 3,
  HANDLING: 3,
}

export interface NextLimit {
  stage: Stage
  due: string
}

/** The first stage that this recipient has not reached, and until when; null where none is awaited. */
export function nextLimit(assignment: Assignment): NextLimit | null {
  const stage = STAGES[assignment.is_copy ? STAGES.length : (REACHED[assignment.state] ?? STAGES.length)]
  const due = stage && assignment[`${stage}_due_at`]
  return due ? { stage, due } : null
}

const WARNS = 0.4
const PRESSES = 0.15

/** A limit's light by the share of its time that is left; what has run out is black. */
export function lightOf(secondsLeft: number, allowed: number): Light {
  if (secondsLeft < 0) return 'black'
  if (!allowed) return 'green'
  const share = secondsLeft / allowed
  return share < PRESSES ? 'red' : share < WARNS ? 'yellow' : 'green'
}
