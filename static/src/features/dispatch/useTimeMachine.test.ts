import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { defineComponent, h } from 'vue'
import { past as api } from '@/api/endpoints'
import type { PastBoard, Playback } from '@/api/types'
import { CHUNK_MS, MINUTE_MS, useTimeMachine, type TimeMachine } from './useTimeMachine'

const NOON = Date.parse('2026-09-22T04:00:00Z')
const HOUR = { since: NOON, until: NOON + 3_600_000 }
const LEAVE = { id: 5 } as Playback

function boardOf(at: string): PastBoard {
  const position = {
    lon: 116.3,
    lat: 39.9,
    course: null,
    speed_kmh: 0,
    fixed_at: new Date(NOON).toISOString(),
  }
  const unit = { id: 1, name: '一', plate: '京A1', kind: 'vehicle', state: 'FREE', crew: [], position }
  return { at, units: [unit], cases: [], orders: [], messages: [] } as unknown as PastBoard
}

describe('the time machine', () => {
  let machine: TimeMachine
  let board: MockInstance<typeof api.board>
  let ways: MockInstance<typeof api.ways>

  beforeEach(() => {
    vi.useFakeTimers()
    board = vi.spyOn(api, 'board').mockImplementation((at) => Promise.resolve(boardOf(at)))
    ways = vi.spyOn(api, 'ways').mockResolvedValue([])
    mount(
      defineComponent(() => {
        machine = useTimeMachine()
        return () => h('div')
      }),
    )
  })
  afterEach(() => vi.useRealTimers())

  const settle = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(200)
    await flushPromises()
  }

  it('asks for the minute, and for each minute once', async () => {
    machine.open(HOUR, null)
    await settle()
    expect(board).toHaveBeenCalledWith('2026-09-22T04:00:00.000Z', null)
    machine.go(NOON + 30_000)
    await settle()
    expect(board).toHaveBeenCalledTimes(1)
    machine.go(NOON + MINUTE_MS)
    await settle()
    machine.go(NOON)
    await settle()
    expect(board).toHaveBeenCalledTimes(2)
    expect(machine.board.value?.at).toBe('2026-09-22T04:00:00.000Z')
  })

  it('never leaves its period', async () => {
    machine.open(HOUR, null)
    machine.go(NOON - 5)
    expect(machine.at.value).toBe(NOON)
    machine.go(NOON + 9e9)
    expect(machine.at.value).toBe(HOUR.until)
    await settle()
  })

  it('asks for no way without leave', async () => {
    machine.open(HOUR, null)
    await settle()
    expect(ways).not.toHaveBeenCalled()
  })

  it('asks for this piece of the way and the next, and draws between the fixes', async () => {
    ways.mockImplementation((from) =>
      Promise.resolve(
        from === new Date(NOON).toISOString()
          ? [
              [
                1,
                [
                  [116.4, 39.9, 90, 36, NOON + 10_000],
                  [116.401, 39.9, 90, 36, NOON + 20_000],
                ],
              ],
            ]
          : [],
      ),
    )
    machine.open(HOUR, LEAVE)
    await settle()
    expect(ways.mock.calls.map(([from]) => Date.parse(from) - NOON)).toEqual([0, CHUNK_MS])
    machine.go(NOON + 15_000)
    expect(machine.fleet.value.fixes.get(1)?.lon).toBeCloseTo(116.4005, 6)
    machine.go(NOON + 5_000)
    expect(machine.fleet.value.fixes.get(1)).toMatchObject({ lon: 116.3, fixedAt: NOON })
  })

  it('stands still where the board could not be had, and says so', async () => {
    board.mockRejectedValue(new Error('away'))
    machine.open(HOUR, null)
    machine.play()
    await settle()
    expect(machine.playing.value).toBe(false)
    expect(machine.error.value).toBeInstanceOf(Error)
  })

  it('forgets everything on the way back to now', async () => {
    machine.open(HOUR, LEAVE)
    await settle()
    machine.close()
    expect([machine.isOpen.value, machine.board.value, machine.playback.value]).toEqual([false, null, null])
  })
})
