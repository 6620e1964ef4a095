import { describe, expect, it } from 'vitest'
import type { Assignment } from '@/api/types'
import { lightOf, nextLimit } from './limits'

const assignment = (part: Partial<Assignment>): Assignment =>
  ({
    state: 'ISSUED',
    is_copy: false,
    ack_due_at: 'ack',
    depart_due_at: 'depart',
    arrive_due_at: 'arrive',
    feedback_due_at: 'feedback',
    ...part,
  }) as Assignment

describe('the limit that comes next', () => {
  it.each([
    ['ISSUED', 'ack'],
    ['ACKED', 'depart'],
    ['EN_ROUTE', 'arrive'],
    ['ON_SCENE', 'feedback'],
    ['HANDLING', 'feedback'],
  ] as const)('of %s is %s', (state, stage) => {
    expect(nextLimit(assignment({ state }))).toEqual({ stage, due: stage })
  })

  it.each(['FED_BACK', 'CLEARED', 'CANNOT', 'CANCELLED'] as const)('of %s is none', (state) => {
    expect(nextLimit(assignment({ state }))).toBeNull()
  })

  it('is none for a copy, and none where the order has no limits', () => {
    expect(nextLimit(assignment({ is_copy: true }))).toBeNull()
    expect(nextLimit(assignment({ ack_due_at: null }))).toBeNull()
  })
})

describe('its light', () => {
  it.each([
    [120, 'green'],
    [48, 'green'],
    [47, 'yellow'],
    [18, 'yellow'],
    [17, 'red'],
    [0, 'red'],
    [-1, 'black'],
  ])('with %i of 120 s left is %s', (left, light) => {
    expect(lightOf(left, 120)).toBe(light)
  })

  it('only turns when it has run out, where nobody knows how long it was', () => {
    expect(lightOf(5, 0)).toBe('green')
    expect(lightOf(-5, 0)).toBe('black')
  })
})
