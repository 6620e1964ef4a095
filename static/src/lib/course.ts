import type { Assignment, Course, Id, Order, Policy, PolicyStep } from '@/api/types'

/** The step that comes next and when; null where nothing more happens by itself. */
export function nextStep(
  policy: Policy | null,
  course: Course | null,
): { step: PolicyStep; due: string } | null {
  const step = course?.state === 'RUNNING' && policy?.steps[course.position]
  return step && course.due_at ? { step, due: course.due_at } : null
}

/** Whether steps still come, wait for a person, or are used up without an answer. */
export function isUnanswered(course: Course | null): boolean {
  return course !== null && ['RUNNING', 'LATE', 'EXHAUSTED'].includes(course.state)
}

export const late = (order: Order): Assignment[] =>
  order.assignments.filter(({ course }) => course?.state === 'LATE')

export interface ProposedUnit {
  id: Id
  name: string
  travelSeconds: number | null
}

/** The unit that was proposed last and is not part of the order yet, while nobody has answered. */
export function proposedUnit(order: Order, { course }: Assignment): ProposedUnit | null {
  if (!course || !isUnanswered(course)) return null
  const details = course.taken.findLast(({ outcome }) => outcome === 'proposed')?.details
  const id = details?.unit_id
  if (!details || id == null) return null
  if (order.assignments.some(({ target }) => target.kind === 'unit' && target.id === id)) return null
  return { id, name: details.name ?? '', travelSeconds: details.travel_seconds }
}
