import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gather } from './gather'

describe('a burst of news', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is answered by one fetch', async () => {
    const work = vi.fn(() => Promise.resolve())
    const call = gather(work, 200)
    for (let i = 0; i < 20; i++) call()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(work).toHaveBeenCalledTimes(1)
  })

  it('that comes during the fetch is answered by one more', async () => {
    let finish: () => void = () => undefined
    const work = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)))
    const call = gather(work, 200)
    call()
    await vi.advanceTimersByTimeAsync(200)
    call()
    call()
    finish()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(work).toHaveBeenCalledTimes(2)
  })

  it('is answered again after a fetch has failed', async () => {
    const work = vi.fn(() => Promise.reject(new Error('away')))
    const call = gather(work, 200)
    call()
    await vi.advanceTimersByTimeAsync(300)
    call()
    await vi.advanceTimersByTimeAsync(300)
    expect(work).toHaveBeenCalledTimes(2)
  })
})
