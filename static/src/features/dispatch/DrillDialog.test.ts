import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Drill, DrillBoard, Drilled } from '@/api/types'
import { i18n } from '@/i18n'
import { channelsOf, deadNumbers, readiness, standing } from '@/lib/drill'
import DrillDialog from './DrillDialog.vue'

const api = vi.hoisted(() => ({ read: vi.fn(), begin: vi.fn(), stop: vi.fn() }))
vi.mock('@/map/MapView.vue', () => ({ default: { template: '<div />' } }))
vi.mock('@/api/endpoints', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  drill: api,
}))

const call = (channel: Drilled['channel'], outcome: Drilled['outcome'], more = {}): Drilled => ({
  channel,
  person: '',
  address: '+999100050012',
  outcome,
  problem: null,
  seconds: null,
  ...more,
})
const drill = (more: Partial<Drill> = {}): Drill => ({
  id: 1,
  began_at: '2026-09-22T04:00:00Z',
  by: '赵刚',
  ended_at: '2026-09-22T04:03:00Z',
  stopped_by: null,
  may_stop: false,
  branches: [
    {
      organisation_id: 12,
      name: '东华所',
      lon: 116.4,
      lat: 39.9,
      calls: [call('sms', 'ok', { seconds: 3 }), call('fax', 'waiting')],
    },
    {
      organisation_id: 13,
      name: '西华所',
      lon: null,
      lat: null,
      calls: [call('sms', 'busy'), call('fax', 'dead', { address: '', problem: 'no_fax_number' })],
    },
  ],
  ...more,
})
const board = (more: Partial<DrillBoard> = {}): DrillBoard => ({
  drill: drill(),
  plan: [{ channel: 'sms', addresses: 2, mobiles: 3, words: '演练：通信测试' }],
  obstacle: null,
  ...more,
})

async function show(shown: DrillBoard) {
  api.read.mockResolvedValue(shown)
  const wrapper = mount(DrillDialog, {
    props: { open: true },
    global: { plugins: [i18n] },
    attachTo: document.body,
  })
  await flushPromises()
  return wrapper
}
const found = (testid: string) => document.querySelector<HTMLButtonElement>(`[data-testid=${testid}]`)

describe('the drill of the lines', () => {
  beforeEach(() => {
    vi.clearAllMocks()
    document.body.innerHTML = ''
    setActivePinia(createPinia())
  })

  it('counts what is known and lists what is dead', () => {
    expect(standing(drill())).toEqual({ all: 4, done: 3, ok: 1 })
    expect(channelsOf(drill())).toEqual(['sms', 'fax'])
    expect(deadNumbers(drill()).map(({ name, problem }) => [name, problem])).toEqual([
      ['西华所', 'no_fax_number'],
    ])
  })

  it('grades a branch by what reaches it', () => {
    const of = (...outcomes: Drilled['outcome'][]) =>
      readiness({
        organisation_id: 12,
        name: '',
        lat: null,
        lon: null,
        calls: outcomes.map((one) => call('sms', one)),
      }).readiness
    expect(of('ok', 'ok')).toBe('all')
    expect(of('ok', 'dead')).toBe('some')
    expect(of('dead', 'busy')).toBe('none')
    expect(of('dead', 'waiting')).toBe('unknown')
    expect(of('stopped')).toBe('unknown')
  })

  it('counts mobiles apart: a branch is not reached by them', () => {
    const mobile = call('sms', 'ok', { person: '张三', address: '+99****0001' })
    const branch = { organisation_id: 12, name: '', lat: null, lon: null }
    expect(readiness({ ...branch, calls: [call('sms', 'dead'), mobile] })).toEqual({
      readiness: 'none',
      ok: 0,
      all: 1,
    })
    const calls = [call('fax', 'ok'), mobile]
    expect(channelsOf(drill({ branches: [{ ...branch, calls }] }))).toEqual(['fax'])
  })

  it("unfolds a branch's people, each with a masked number, and names them among the dead", async () => {
    const people = [
      call('sms', 'ok', { person: '张三', address: '+99****0001' }),
      call('sms', 'dead', { person: '李四', address: '+99****0002', problem: 'rejected' }),
    ]
    const shown = drill()
    shown.branches[0]?.calls.push(...people)
    await show(board({ drill: shown }))
    expect(found('drill-ready')?.textContent).toContain('1/4')
    expect(found('drill-ready-mobiles')?.textContent).toContain('1/2')
    expect(found('drill-mobiles-13')).toBeNull()
    const button = found('drill-mobiles-12')
    expect(button?.textContent).toContain('1/2')
    expect(document.querySelectorAll('[data-testid=drill-person-12]')).toHaveLength(0)
    button?.click()
    await flushPromises()
    const rows = [...document.querySelectorAll('[data-testid=drill-person-12]')]
    expect(rows.map((row) => row.textContent.includes('+99****000'))).toEqual([true, true])
    expect(button?.getAttribute('aria-expanded')).toBe('true')
    expect(found('drill-dead')?.textContent).toContain('李四')
    expect(found('drill-plan')?.textContent).toContain('3 部手机')
  })

  it('shows the branches on the map, and says who is not on it', async () => {
    await show(board())
    found('tab-map')?.click()
    await vi.dynamicImportSettled()
    await flushPromises()
    expect(found('drill-grade-some')?.textContent).toContain('1')
    expect(found('drill-map')?.textContent).toContain('1 个单位未登记位置')
    expect(found('drill-12-sms')).toBeNull()
  })

  it('shows each line of each branch and the numbers to put right', async () => {
    await show(board())
    expect(found('drill-12-sms')?.dataset['outcome']).toBe('ok')
    expect(found('drill-13-fax')?.dataset['outcome']).toBe('dead')
    expect(found('drill-dead')?.textContent).toContain('西华所')
    expect(found('drill-plan')?.textContent).toContain('演练：通信测试')
  })

  it('is begun by who may, and stopped while it goes on', async () => {
    await show(board({ drill: null }))
    api.begin.mockResolvedValue(
      board({ drill: drill({ ended_at: null, may_stop: true }), obstacle: 'drill_running' }),
    )
    found('drill-begin')?.click()
    await flushPromises()
    expect(api.begin).toHaveBeenCalledOnce()
    expect(found('drill-begin')).toBeNull()
    expect(found('drill-dead')).toBeNull()
    api.stop.mockResolvedValue(board())
    found('drill-stop')?.click()
    await flushPromises()
    expect(api.stop).toHaveBeenCalledOnce()
    expect(found('drill-begin')?.disabled).toBe(false)
  })

  it('says why it may not begin', async () => {
    await show(board({ obstacle: 'grave_order_open' }))
    expect(found('drill-begin')?.disabled).toBe(true)
    expect(found('drill-obstacle')?.textContent.trim()).not.toBe('')
  })

  it('is only looked at by everybody else', async () => {
    await show(board({ plan: [] }))
    expect(found('drill-begin')).toBeNull()
    expect(found('drill-ready')?.textContent).toContain('1')
  })
})
