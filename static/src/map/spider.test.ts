import { describe, expect, it } from 'vitest'
import { spiderLegs } from './spider'

describe('the spider of stacked symbols', () => {
  it.each([0, 1, 2, 5, 9, 40])('has a leg for each of %i', (count) => {
    expect(spiderLegs(count)).toHaveLength(count)
  })

  it.each([2, 5, 9, 40])('lets no two labels of %i overlap', (count) => {
    const legs = spiderLegs(count)
    for (const side of ['left', 'right'] as const) {
      const rows = legs.filter((leg) => leg.side === side).map((leg) => leg.dy)
      for (let i = 1; i < rows.length; i += 1) {
        expect((rows[i] ?? 0) - (rows[i - 1] ?? 0)).toBeGreaterThanOrEqual(30)
      }
    }
  })

  it('points away from the stack on both sides', () => {
    for (const { dx, side } of spiderLegs(7)) expect(Math.sign(dx)).toBe(side === 'right' ? 1 : -1)
  })
})
