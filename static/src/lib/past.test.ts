import { describe, expect, it } from 'vitest'
import type { PastFix } from '@/api/types'
import { positionAt } from './past'

const fix = (at: number, metres: number): PastFix => [116.39, 39.92 + metres / 111_320, 0, 36, at]
const way = [fix(0, 0), fix(10_000, 100), fix(20_000, 200)]
const metres = (lat: number): number => Math.round((lat - 39.92) * 111_320)

describe('where a unit was', () => {
  it.each([
    [0, 0],
    [5_000, 50],
    [12_500, 125],
    [20_000, 200],
  ])('lies between its fixes at %i ms', (at, expected) => {
    const found = positionAt(way, at)
    expect(metres(found?.lat ?? 0)).toBe(expected)
    expect(found?.fixedAt).toBe(at)
  })

  it('is never carried on beyond the last fix, which grows old', () => {
    const found = positionAt(way, 500_000)
    expect(metres(found?.lat ?? 0)).toBe(200)
    expect(found?.fixedAt).toBe(20_000)
  })

  it('is not known before the first fix', () => {
    expect(positionAt(way, -1)).toBeNull()
    expect(positionAt([], 0)).toBeNull()
  })

  it('stays where it was over a gap, and where no vehicle could have driven', () => {
    const gap = [fix(0, 0), fix(121_000, 900)]
    expect(positionAt(gap, 60_000)).toMatchObject({ lat: 39.92, fixedAt: 0 })
    const jump = [fix(0, 0), fix(10_000, 9_000)]
    expect(positionAt(jump, 5_000)).toMatchObject({ lat: 39.92, fixedAt: 0 })
  })
})
