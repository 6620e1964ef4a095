import { describe, expect, it } from 'vitest'
import { spiderLegs } from './spider'

const nearest = (count: number) => {
  const legs = spiderLegs(count)
  return Math.min(
    ...legs.flatMap((a, i) => legs.slice(i + 1).map((b) => Math.hypot(a.dx - b.dx, a.dy - b.dy))),
  )
}

describe('the spider of stacked symbols', () => {
  it('leaves one symbol in place and none for none', () => {
    expect(spiderLegs(1)).toEqual([{ dx: 0, dy: 0 }])
    expect(spiderLegs(0)).toEqual([])
  })

  it.each([2, 5, 8, 9, 20, 60])('keeps %i feet apart enough to be clicked', (count) => {
    expect(spiderLegs(count)).toHaveLength(count)
    expect(nearest(count)).toBeGreaterThan(34)
  })
})
