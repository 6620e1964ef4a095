import { describe, expect, it } from 'vitest'
import { pixelsAtZoom0, uncertaintyMetres } from './uncertainty'

describe('where a vehicle may be', () => {
  it('grows with age and speed, from what a receiver cannot tell', () => {
    expect(uncertaintyMetres(0, 60)).toBe(20)
    expect(uncertaintyMetres(60, 36)).toBe(620)
    expect(uncertaintyMetres(-5, 36)).toBe(20)
  })

  it('takes the pace of a city where no speed is known, and of a walk where it stood', () => {
    expect(uncertaintyMetres(60, null)).toBe(520)
    expect(uncertaintyMetres(60, 0)).toBe(80)
  })

  it('is as wide on the map as on the ground', () => {
    const world = 40_075_016.686
    expect(pixelsAtZoom0(world, 0)).toBeCloseTo(512)
    expect(pixelsAtZoom0(world / 2, 60)).toBeCloseTo(512)
  })
})
