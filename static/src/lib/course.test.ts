import { describe, expect, it } from 'vitest'
import type { Assignment, Course, Order, Policy, TakenStep } from '@/api/types'
import { isUnanswered, late, nextStep, proposedUnit } from './course'

const course = (part: Partial<Course> = {}): Course => ({
  state: 'RUNNING',
  position: 0,
  due_at: '2026-03-01T08:01:30Z',
  taken: [],
  ...part,
})
const step = { after: 90, act: 'send', channels: ['sms'], reach: 'all', every: 0, rung: '' } as const
const policy = { steps: [step] } as unknown as Policy
const proposed = (unit_id: number): TakenStep => ({
  position: 0,
  act: 'unit',
  due_at: '',
  at: '',
  outcome: 'proposed',
  details: { to: [], rung: null, refused: null, unit_id, name: '二组', travel_seconds: 240 },
})
const sent = (id: number, part: Partial<Assignment> = {}): Assignment =>
  ({ target: { kind: 'unit', id, name: '' }, course: course(), ...part }) as Assignment
const order = (...assignments: Assignment[]): Order => ({ assignments }) as Order

describe('what comes next', () => {
  it('is the step at which the course stands', () => {
    expect(nextStep(policy, course())).toEqual({ step, due: '2026-03-01T08:01:30Z' })
  })

  it.each([
    ['nobody waits any more', policy, course({ state: 'ANSWERED', due_at: null })],
    ['a person has to decide', policy, course({ state: 'LATE' })],
    ['all was tried', policy, course({ state: 'EXHAUSTED', position: 1, due_at: null })],
    ['the order has no policy', null, course()],
    ['it never began', policy, null],
  ])('is nothing where %s', (_, followed, stands) => {
    expect(nextStep(followed, stands)).toBeNull()
  })
})

describe('a course', () => {
  it.each(['RUNNING', 'LATE', 'EXHAUSTED'] as const)('that is %s waits for an answer', (state) => {
    expect(isUnanswered(course({ state }))).toBe(true)
  })

  it.each(['ANSWERED', 'STOPPED'] as const)('that is %s does not', (state) => {
    expect(isUnanswered(course({ state }))).toBe(false)
  })

  it('that an outage cut off is found by its recipient', () => {
    const cut = sent(1, { course: course({ state: 'LATE' }) })
    expect(late(order(cut, sent(2), sent(3, { course: null })))).toEqual([cut])
  })
})

describe('another unit', () => {
  it('is proposed, the last one that was', () => {
    const waiting = sent(1, { course: course({ taken: [proposed(5), proposed(7)] }) })
    expect(proposedUnit(order(waiting), waiting)).toEqual({ id: 7, name: '二组', travelSeconds: 240 })
  })

  it('is no longer proposed once it is part of the order, or somebody has answered', () => {
    const waiting = sent(1, { course: course({ taken: [proposed(7)] }) })
    expect(proposedUnit(order(waiting, sent(7)), waiting)).toBeNull()
    const answered = sent(1, { course: course({ state: 'ANSWERED', taken: [proposed(7)] }) })
    expect(proposedUnit(order(answered), answered)).toBeNull()
  })
})
