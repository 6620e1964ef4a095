import { describe, expect, it } from 'vitest'
import { isDue, toPhoneFix } from './reporting'

describe('how often a phone tells where it is', () => {
  it('begins at once', () => expect(isDue(null, 0, false)).toBe(true))

  it.each([
    [9_999, true, false],
    [10_000, true, true],
    [10_000, false, false],
    [30_000, false, true],
  ])('after %i ms, on an order: %s → %s', (ms, onOrder, due) => {
    expect(isDue(0, ms, onOrder)).toBe(due)
  })
})

describe('a fix of the browser', () => {
  const coords = {
    latitude: 39.9,
    longitude: 116.4,
    accuracy: 12,
    speed: 10,
    heading: 90,
  } as GeolocationCoordinates

  it('is told in km/h and UTC', () => {
    expect(toPhoneFix({ coords, timestamp: Date.parse('2026-03-01T08:00:00Z') })).toEqual({
      lat: 39.9,
      lon: 116.4,
      accuracy: 12,
      speed_kmh: 36,
      course: 90,
      at: '2026-03-01T08:00:00.000Z',
    })
  })

  it('does not make up a course while standing', () => {
    const standing = { ...coords, speed: null, heading: NaN } as GeolocationCoordinates
    expect(toPhoneFix({ coords: standing, timestamp: 0 })).toMatchObject({ speed_kmh: null, course: null })
  })
})
