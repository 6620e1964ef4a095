import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/errors'
import { pageShelf } from '@/lib/phone'
import type { Missed } from '@/api/types'
import { Outbox, type Item, type NewItem } from './outbox'

class FakeServer {
  heard: string[] = []
  says: (item: Item) => number | null = () => null
  missed: Missed | null = null

  send = (item: Item): Promise<Missed | null> => {
    const status = this.says(item)
    if (status !== null) return Promise.reject(new ApiError({ status, code: `http_${status}`, message: '' }))
    this.heard.push(item.id)
    return Promise.resolve(this.missed)
  }
}

const status = (id: string): NewItem => ({
  id,
  kind: 'status',
  assignmentId: 7,
  body: { state: 'ACKED', device_time: '2026-03-01T08:00:00Z' },
})

function phone(owner = 1, shelf = pageShelf<Item>(), server = new FakeServer()) {
  let clock = 0
  let shown: readonly Item[] = []
  let timer: (() => void) | null = null
  const box = new Outbox({
    shelf,
    owner,
    send: server.send,
    changed: (items) => (shown = items),
    now: () => (clock += 1),
    later: (run) => {
      timer = run
      return () => (timer = null)
    },
    reason: (error) => (error as ApiError).code,
  })
  return { box, shelf, server, shown: () => shown, ring: () => timer?.(), waits: () => timer !== null }
}

const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('the outbox of a phone', () => {
  it('sends at once when there is a line, and keeps nothing', async () => {
    const p = phone()
    await p.box.add(status('a'))
    expect(p.server.heard).toEqual(['a'])
    expect(await p.shelf.all()).toEqual([])
  })

  it('keeps what does not go through, shows it, and sends it in order when the line is back', async () => {
    const p = phone()
    p.server.says = () => 0
    await p.box.add(status('a'))
    await p.box.add(status('b'))
    expect(p.shown().map(({ id }) => id)).toEqual(['a', 'b'])
    expect(p.waits()).toBe(true)
    p.server.says = () => null
    p.ring()
    await settled()
    expect(p.server.heard).toEqual(['a', 'b'])
    expect(p.shown()).toEqual([])
  })

  it('finds it again after the page was closed', async () => {
    const before = phone()
    before.server.says = () => 503
    await before.box.add(status('a'))
    const after = phone(1, before.shelf)
    await after.box.open()
    await settled()
    expect(after.server.heard).toEqual(['a'])
  })

  it('never sends another officer’s words', async () => {
    const first = phone(1)
    first.server.says = () => 0
    await first.box.add(status('a'))
    const second = phone(2, first.shelf)
    await second.box.open()
    await settled()
    expect(second.server.heard).toEqual([])
    expect(second.shown()).toEqual([])
    expect(await first.shelf.all()).toHaveLength(1)
  })

  it('shows what the server refused and goes on with the rest', async () => {
    const p = phone()
    p.server.says = (item) => (item.id === 'a' ? 409 : null)
    await p.box.add(status('a'))
    await p.box.add(status('b'))
    expect(p.server.heard).toEqual(['b'])
    expect(p.shown()).toMatchObject([{ id: 'a', refused: 'http_409' }])
    await p.box.dismiss('a')
    expect(p.shown()).toEqual([])
  })

  it('does not throw away what may still go', async () => {
    const p = phone()
    p.server.says = () => 0
    await p.box.add(status('a'))
    await p.box.dismiss('a')
    expect(p.shown()).toHaveLength(1)
  })

  it('lets a call for help overtake everything', async () => {
    const p = phone()
    p.server.says = () => 0
    await p.box.add(status('a'))
    await p.box.add({ id: 'sos', kind: 'sos', body: { lat: null, lon: null, at: '2026-03-01T08:00:00Z' } })
    p.server.says = () => null
    p.ring()
    await settled()
    expect(p.server.heard).toEqual(['sos', 'a'])
  })

  it('waits for a new sign-in rather than lose what was said', async () => {
    const p = phone()
    p.server.says = () => 401
    await p.box.add(status('a'))
    expect(p.shown()).toMatchObject([{ refused: null, tries: 1 }])
  })

  it('keeps what came too late until it was read, and never sends it again', async () => {
    const p = phone()
    const missed = { state: 'CANCELLED', why: '误派' } as Missed
    p.server.missed = missed
    await p.box.add(status('a'))
    const after = phone(1, p.shelf, p.server)
    await after.box.open()
    await settled()
    expect(after.server.heard).toEqual(['a'])
    expect(after.shown()).toMatchObject([{ id: 'a', missed, refused: null }])
    expect(after.waits()).toBe(false)
    await after.box.dismiss('a')
    expect(await p.shelf.all()).toEqual([])
  })
})
