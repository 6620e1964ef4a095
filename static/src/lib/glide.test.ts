import { describe, expect, it } from 'vitest'
import { drawnAt, metresBetween, retarget, type Fix } from './glide'

const fix = (lon: number, seconds: number, course: number | null = 90): Fix => ({
  lon,
  lat: 39.9,
  course,
  speedKmh: 30,
  fixedAt: seconds * 1000,
})

describe('gliding between fixes', () => {
  it('stands on its first fix at once', () => {
    expect(drawnAt(retarget(undefined, fix(116.4, 0), 0), 0)).toMatchObject({ lon: 116.4, moving: false })
  })

  it('is half way after half its time and arrives within a second', () => {
    const first = retarget(undefined, fix(116.4, 0), 0)
    const next = retarget(first, fix(116.4002, 1), 5000)
    expect(drawnAt(next, 5450)).toMatchObject({ moving: true })
    expect(drawnAt(next, 5450).lon).toBeCloseTo(116.4001, 6)
    expect(drawnAt(next, 5999)).toMatchObject({ lon: 116.4002, moving: false })
  })

  it('goes on from where it is drawn when the next fix comes early', () => {
    const first = retarget(undefined, fix(116.4, 0), 0)
    const second = retarget(first, fix(116.4002, 1), 1000)
    const third = retarget(second, fix(116.4004, 2), 1450)
    expect(drawnAt(third, 1450).lon).toBeCloseTo(116.4001, 6)
  })

  it('ignores a fix that is not newer', () => {
    const glide = retarget(undefined, fix(116.4, 10), 0)
    expect(retarget(glide, fix(116.5, 9), 1)).toBe(glide)
    expect(retarget(glide, fix(116.5, 10), 1)).toBe(glide)
  })

  it('jumps rather than invent a journey over a great distance', () => {
    const first = retarget(undefined, fix(116.4, 0), 0)
    expect(drawnAt(retarget(first, fix(116.5, 1), 1000), 1000)).toMatchObject({ lon: 116.5, moving: false })
  })

  it('turns the short way through north', () => {
    const first = retarget(undefined, fix(116.4, 0, 350), 0)
    const next = retarget(first, fix(116.4001, 1, 10), 0)
    expect(drawnAt(next, 450).course).toBeCloseTo(0)
  })

  it('knows a metre', () => {
    expect(metresBetween({ lon: 116.4, lat: 39.9 }, { lon: 116.4, lat: 39.901 })).toBeCloseTo(111.3, 0)
  })
})
