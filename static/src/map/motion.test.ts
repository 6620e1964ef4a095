import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fix } from '@/lib/glide'
import { FrameLoop, frameMs, Motion } from './motion'

const fix = (lon: number, seconds: number): Fix => ({
  lon,
  lat: 39.9,
  course: 90,
  speedKmh: 30,
  fixedAt: seconds * 1000,
})

describe('where units are drawn', () => {
  it('moves while a glide lasts and stands after it', () => {
    const motion = new Motion()
    motion.take(new Map([[1, fix(116.4, 0)]]), 0)
    motion.take(new Map([[1, fix(116.4002, 1)]]), 1000)
    expect(motion.moving(1500)).toBe(true)
    expect(motion.drawn(1, 1450)?.lon).toBeCloseTo(116.4001, 6)
    expect(motion.moving(2000)).toBe(false)
    expect(motion.drawn(1, 2000)?.lon).toBe(116.4002)
  })

  it('forgets a unit that is gone', () => {
    const motion = new Motion()
    motion.take(new Map([[1, fix(116.4, 0)]]), 0)
    motion.take(new Map(), 10)
    expect(motion.drawn(1, 20)).toBeNull()
  })
})

describe('the loop of frames', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['requestAnimationFrame', 'cancelAnimationFrame', 'performance', 'setTimeout', 'clearTimeout'],
    })
  })
  afterEach(() => vi.useRealTimers())

  it('draws once for many kicks, and stops when nothing moves', async () => {
    let drawn = 0
    const loop = new FrameLoop(() => false)
    loop.add(() => void (drawn += 1))
    for (let i = 0; i < 10; i += 1) loop.kick()
    await vi.advanceTimersByTimeAsync(500)
    expect(drawn).toBe(1)
  })

  it('waits for the engine before the next frame', async () => {
    let drawn = 0
    let digested: () => void = () => undefined
    const loop = new FrameLoop(() => true)
    loop.add(() => {
      drawn += 1
      return new Promise<void>((resolve) => (digested = resolve))
    })
    await vi.advanceTimersByTimeAsync(500)
    expect(drawn).toBe(1)
    digested()
    await vi.advanceTimersByTimeAsync(50)
    expect(drawn).toBe(2)
    loop.stop()
  })

  it('keeps to its pace while something moves', async () => {
    let drawn = 0
    const loop = new FrameLoop(
      () => true,
      () => 250,
    )
    loop.add(() => void (drawn += 1))
    await vi.advanceTimersByTimeAsync(1000)
    expect(drawn).toBeGreaterThanOrEqual(3)
    expect(drawn).toBeLessThanOrEqual(5)
    loop.stop()
  })

  it('is slow over the city and quick at the kerb', () => {
    expect(frameMs(11, 39.9)).toBe(250)
    expect(frameMs(14, 39.9)).toBeGreaterThan(60)
    expect(frameMs(14, 39.9)).toBeLessThan(120)
    expect(frameMs(18, 39.9)).toBe(33)
  })
})
