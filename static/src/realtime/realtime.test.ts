import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Snapshot } from '@/api/types'
import { Realtime, SILENCE_MS, type Line } from './realtime'

class FakeLine implements Line {
  connected = false
  dials = 0
  sent: [string, unknown][] = []
  answer: Snapshot | undefined = { seq: 1, server_time: '2026-01-01T00:00:00Z', units: [], alarms: [] }
  private readonly handlers = new Map<string, (payload: never) => void>()

  on(event: string, handler: (payload: never) => void): void {
    this.handlers.set(event, handler)
  }
  emit(event: string, payload: unknown, ack?: (answer: never) => void): void {
    this.sent.push([event, payload])
    if (event === 'hello') ack?.(this.answer as never)
  }
  connect(): void {
    this.dials += 1
  }
  disconnect(): void {
    if (this.connected) this.drop()
  }
  accept(): void {
    this.connected = true
    this.say('connect')
  }
  drop(): void {
    this.connected = false
    this.say('disconnect')
  }
  say(event: string, payload?: unknown): void {
    this.handlers.get(event)?.(payload as never)
  }
}

describe('the link to the server', () => {
  let line: FakeLine
  let link: Realtime

  beforeEach(() => {
    vi.useFakeTimers()
    line = new FakeLine()
    link = new Realtime(() => line)
    link.start()
  })
  afterEach(() => {
    link.stop()
    vi.useRealTimers()
  })

  it('asks for a snapshot on connecting and is live when it has it', () => {
    const snapshots: number[] = []
    link.on('snapshot', (s) => snapshots.push(s.seq))
    line.accept()
    expect(snapshots).toEqual([1])
    expect(link.state).toBe('live')
  })

  it('stays live while beats come', () => {
    line.accept()
    for (let i = 0; i < 6; i++) {
      vi.advanceTimersByTime(5_000)
      line.say('beat', { t: i })
    }
    expect(link.state).toBe('live')
    expect(line.dials).toBe(1)
  })

  it('dials again when the line is open but silent', () => {
    line.accept()
    vi.advanceTimersByTime(SILENCE_MS + 1_000)
    expect(line.connected).toBe(false)
    vi.advanceTimersByTime(1_000)
    expect(line.dials).toBe(2)
  })

  it('waits longer after each failure and never longer than the cap', () => {
    for (let i = 0; i < 8; i++) {
      line.say('connect_error')
      vi.advanceTimersByTime(10_000)
    }
    expect(line.dials).toBe(9)
    expect(link.state).toBe('connecting')
  })

  it('asks again for the snapshot and repeats its view after a reconnect', () => {
    line.accept()
    link.setView([1, 2, 3, 4])
    line.sent = []
    line.drop()
    vi.advanceTimersByTime(1_000)
    line.accept()
    expect(line.sent.map(([event]) => event)).toEqual(['hello', 'view'])
    expect(link.state).toBe('live')
  })

  it('gives a slow dial its full time before it tries again', () => {
    line.accept()
    vi.advanceTimersByTime(60_000)
    const dials = line.dials
    vi.advanceTimersByTime(SILENCE_MS - 2_000)
    expect(line.dials - dials).toBeLessThanOrEqual(1)
  })

  it('keeps a unit as it was told last, whichever server was slower', () => {
    const heard: number[] = []
    link.on('unit', (unit) => heard.push((unit as unknown as { seq: number }).seq))
    line.answer = { seq: 10, server_time: '2026-01-01T00:00:00Z', units: [], alarms: [] }
    line.accept()
    for (const [id, seq] of [
      [7, 9],
      [7, 12],
      [7, 11],
      [8, 11],
      [7, 12],
      [7, 13],
    ])
      line.say('unit', { id, seq })
    expect(heard).toEqual([12, 11, 12, 13])
  })

  it('fans messages out to those who listen, until they stop', () => {
    const heard: number[] = []
    const stop = link.on('changed', (c) => heard.push(c.id))
    line.accept()
    line.say('changed', { seq: 2, kind: 'case', id: 7 })
    stop()
    line.say('changed', { seq: 3, kind: 'case', id: 8 })
    expect(heard).toEqual([7])
  })
})
