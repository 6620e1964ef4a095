import { describe, expect, it } from 'vitest'
import type { Indicator } from '@/api/types'
import { change, verdict } from './indicators'

const indicator = (changes: Partial<Indicator>): Indicator => ({
  code: 'closing_on_time',
  value: 99,
  unit: 'percent',
  target: 99.92,
  n: 10,
  previous: 98,
  ...changes,
})

describe('an indicator', () => {
  it('meets its target from above where more is better', () => {
    expect(verdict(indicator({}))).toBe('missed')
    expect(verdict(indicator({ value: 99.95 }))).toBe('met')
  })
  it('meets its target from below where less is better', () => {
    expect(verdict(indicator({ code: 'arrival_median', value: 14, target: 20 }))).toBe('met')
    expect(verdict(indicator({ code: 'overdue', value: 3, target: 0 }))).toBe('missed')
  })
  it('says nothing where nothing was measured', () => {
    expect(verdict(indicator({ value: null }))).toBe('none')
    expect(change(indicator({ previous: 0 }))).toBeNull()
  })
  it('changes as a share of the period before', () => {
    expect(change(indicator({ value: 12, previous: 10 }))).toBeCloseTo(0.2)
  })
})
