import { describe, expect, it } from 'vitest'
import { ageSeconds, freshness, opacityOfAge } from './age'

const NOW = Date.parse('2026-03-01T08:00:00Z')
const before = (seconds: number) => NOW - seconds * 1000

describe('the age of a position', () => {
  it('is counted from the fix, and a fix from the future is now', () => {
    expect(ageSeconds(before(42), NOW)).toBe(42)
    expect(ageSeconds(NOW + 5000, NOW)).toBe(0)
  })

  it.each([
    [0, 'live'],
    [60, 'live'],
    [61, 'stale'],
    [300, 'stale'],
    [301, 'old'],
  ])('at %i s is called %s', (seconds, called) => {
    expect(freshness(before(seconds), NOW)).toBe(called)
  })

  it('has no freshness when there never was a fix', () => {
    expect(freshness(null, NOW)).toBe('none')
  })

  it('fades from one minute to five and never disappears', () => {
    expect(opacityOfAge(60)).toBe(1)
    expect(opacityOfAge(180)).toBeCloseTo(0.7)
    expect(opacityOfAge(300)).toBeCloseTo(0.4)
    expect(opacityOfAge(86_400)).toBeCloseTo(0.4)
  })
})
