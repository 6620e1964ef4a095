import { describe, expect, it } from 'vitest'
import { clock, exactly, formatInstant, spans, toSeconds, zonedInput, zonedMoment } from './time'

describe('times as people read them', () => {
  it('stand in the bureau’s zone, not the machine’s', () => {
    expect(formatInstant('2026-03-15T16:05:09Z', 'full', 'zh-CN', 'Asia/Shanghai')).toBe(
      '2026/03/16 00:05:09',
    )
    expect(formatInstant('2026-03-15T16:05:09Z', 'time', 'en-GB', 'Asia/Shanghai')).toBe('00:05')
  })

  it('say nothing where there is nothing', () => {
    expect(formatInstant(null, 'full', 'zh-CN', 'Asia/Shanghai')).toBe('')
    expect(formatInstant('soon', 'full', 'zh-CN', 'Asia/Shanghai')).toBe('')
  })

  it.each([
    [40, '40second'],
    [720, '12minute'],
    [3_660, '1hour 1minute'],
    [97_200, '1day 3hour'],
    [864_000, '10day'],
    [-90, '1minute'],
  ])('%s s → %s', (seconds, words) => {
    expect(
      spans(seconds)
        .map(({ value, unit }) => `${value}${unit}`)
        .join(' '),
    ).toBe(words)
  })

  it('a countdown goes below zero with a sign', () => {
    expect(clock(125)).toBe('2:05')
    expect(clock(-5)).toBe('-0:05')
  })
})

describe('set times', () => {
  it.each([
    [90, 90, 'second'],
    [300, 5, 'minute'],
    [5_400, 90, 'minute'],
    [28_800, 8, 'hour'],
    [86_400, 1, 'day'],
    [0, 0, 'second'],
  ] as const)('of %i s are said exactly: %i %s', (seconds, value, unit) => {
    expect(exactly(seconds)).toEqual({ value, unit })
    expect(toSeconds(exactly(seconds))).toBe(seconds)
  })
})

describe('times that people write', () => {
  it.each([
    ['Asia/Shanghai', '2026-03-16T00:05', '2026-03-15T16:05:00.000Z'],
    ['Europe/Berlin', '2026-03-29T03:30', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T12:00', '2026-10-25T11:00:00.000Z'],
  ])('in %s are %s of the wall, %s of the world', (zone, wall, moment) => {
    expect(zonedInput(Date.parse(moment) + 59_000, zone)).toBe(wall)
    expect(new Date(zonedMoment(wall, zone)).toISOString()).toBe(moment)
  })

  it('are none where nothing was written', () => {
    expect(zonedMoment('', 'Asia/Shanghai')).toBeNaN()
  })
})
