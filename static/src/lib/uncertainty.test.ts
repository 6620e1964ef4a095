import { describe, expect, it } from 'vitest'
import { discMetres, pixelsAtZoom0, uncertaintyMetres } from './uncertainty'

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

describe('the disc on the map', () => {
  it('is drawn around the unit that is chosen, however it stands', () => {
    expect(discMetres(30, 36, 'FREE', true)).toBe(320)
    expect(discMetres(1, 0, 'FREE', true), 'the symbol covers it').toBeNull()
    expect(discMetres(3600, 50, 'FREE', true), 'it is lost').toBeNull()
  })

  it('is drawn around those that somebody waits for, once their position is stale', () => {
    expect(discMetres(150, 36, 'EN_ROUTE', false)).toBe(1520)
    expect(discMetres(20, 36, 'EN_ROUTE', false)).toBeNull()
    expect(discMetres(150, 36, 'FREE', false)).toBeNull()
    expect(discMetres(150, 36, 'ON_SCENE', false)).toBeNull()
  })
})
