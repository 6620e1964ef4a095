import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Accuracy, CaseSummary, JointPlan } from '@/api/types'
import { i18n } from '@/i18n'
import { useCases } from '@/stores/cases'
import TogetherDialog from './TogetherDialog.vue'

const api = vi.hoisted(() => ({ joint: vi.fn(), accuracy: vi.fn() }))
vi.mock('@/api/endpoints', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  plans: api,
}))
const desk = vi.hoisted(() => ({
  alarmed: { value: new Set<number>() },
  selectCase: vi.fn(),
  composer: {
    change: vi.fn(),
    ask: vi.fn().mockResolvedValue(undefined),
    reasonAsked: { value: false },
    overrideReason: { value: '' },
  },
}))
vi.mock('./desk', () => ({ useDesk: () => desk }))

const waiting = (id: number, more: Partial<CaseSummary> = {}): CaseSummary =>
  ({
    id,
    case_no: `TS110101202609220000${id}`,
    kind: 'TS',
    urgency: 1,
    subject: { name: `饭店${id}` },
    place: { lon: 116.4, lat: 39.9 },
    received_at: '2026-09-22T01:00:00Z',
    due_at: null,
    light: 'green',
    open_orders: 0,
    alarm_id: null,
    ...more,
  }) as CaseSummary
const PLAN: JointPlan = {
  joint: [
    { case_id: 1, unit_id: 12, name: '执法12', seconds: 600 },
    { case_id: 2, unit_id: 11, name: '执法11', seconds: 360 },
  ],
  greedy: [
    { case_id: 1, unit_id: 11, name: '执法11', seconds: 300 },
    { case_id: 2, unit_id: 12, name: '执法12', seconds: 1500 },
  ],
  gain_seconds: 840,
}
const ERRORS: Accuracy[] = [
  {
    engine: 'road',
    overridden: false,
    arrivals: 40,
    median_error: 90,
    median_absolute_error: 120,
    p90_absolute_error: 480,
  },
  {
    engine: 'straight',
    overridden: true,
    arrivals: 3,
    median_error: -60,
    median_absolute_error: 60,
    p90_absolute_error: 240,
  },
]

let shown: VueWrapper | null = null
async function show(queue: CaseSummary[], plan: JointPlan | Error = PLAN, errors: Accuracy[] = ERRORS) {
  if (plan instanceof Error) api.joint.mockRejectedValue(plan)
  else api.joint.mockResolvedValue(plan)
  api.accuracy.mockResolvedValue(errors)
  useCases().queue = queue
  shown = mount(TogetherDialog, {
    props: { open: true },
    global: { plugins: [i18n] },
    attachTo: document.body,
  })
  await flushPromises()
}
const one = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)
const text = (id: string) => one(id)?.textContent?.replace(/\s+/g, ' ').trim() ?? ''

describe('the joint plan', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    vi.clearAllMocks()
    desk.composer.reasonAsked.value = false
    desk.composer.overrideReason.value = ''
    i18n.global.locale.value = 'zh'
  })
  afterEach(() => shown?.unmount())

  it('asks about the cases that wait for a unit, and about no other', async () => {
    await show([waiting(1), waiting(2), waiting(3, { open_orders: 1 }), waiting(4, { place: null })])
    expect(api.joint).toHaveBeenCalledWith([1, 2])
  })

  it('stands beside the nearest in turn, with what each case and all together gain', async () => {
    await show([waiting(1), waiting(2)])
    expect(text('joint-1')).toContain('执法1210 分钟')
    expect(text('joint-1')).toContain('+5 分钟')
    expect(text('joint-2')).toContain('−19 分钟')
    expect(text('joint-verdict')).toBe('合计比逐件就近少等 14 分钟')
  })

  it('says how many more it serves where the nearest in turn serves fewer', async () => {
    await show([waiting(1), waiting(2)], { ...PLAN, greedy: PLAN.greedy.slice(0, 1), gain_seconds: -660 })
    expect(text('joint-verdict')).toBe('比逐件就近多派 1 件')
    expect(text('joint-2')).toContain('无车可派')
  })

  it('compares no minutes where too few units serve different cases', async () => {
    const [first, second] = [PLAN.joint.slice(0, 1), PLAN.greedy.slice(1)]
    await show([waiting(1), waiting(2)], { joint: first, greedy: second, gain_seconds: 900 })
    expect(text('joint-verdict')).toBe('车辆不够派：两种方案派到的案件不同')
  })

  it('takes one case over into the ordinary order, which a person reads and sends', async () => {
    await show([waiting(1), waiting(2)])
    desk.composer.reasonAsked.value = true
    one('joint-1-take')?.click()
    await flushPromises()
    expect(desk.selectCase).toHaveBeenCalledExactlyOnceWith(1)
    expect(desk.composer.change).toHaveBeenCalledExactlyOnceWith({ unitIds: [12], branchIds: [] })
    expect(desk.composer.ask).toHaveBeenCalledOnce()
    expect(desk.composer.overrideReason.value).toBe('按统筹方案派单')
    expect(shown?.emitted('update:open')).toEqual([[false]])
  })

  it('gives no reason that nobody asked for', async () => {
    await show([waiting(1), waiting(2)])
    one('joint-2-take')?.click()
    await flushPromises()
    expect(desk.composer.overrideReason.value).toBe('')
  })

  it('asks nothing where no case waits, and says so', async () => {
    await show([waiting(3, { open_orders: 1 })])
    expect(api.joint).not.toHaveBeenCalled()
    expect(text('joint-plan')).toContain('没有待派的案件')
  })

  it('can be asked for again', async () => {
    await show([waiting(1)], new Error('down'))
    expect(text('joint-plan')).toContain('方案没有算出来')
  })
})

describe('predicted and actual arrivals', () => {
  beforeEach(() => setActivePinia(createPinia()))
  afterEach(() => shown?.unmount())

  it('shows the error of each engine and of each way to choose', async () => {
    await show([])
    expect(text('arrivals-road-false')).toContain('道路行程按推荐40晚')
    expect(text('arrivals-straight-true')).toContain('直线估算人工改选3早')
    const bars = (id: string) =>
      [...(one(id)?.querySelectorAll<HTMLElement>('.bar span') ?? [])].map((bar) => bar.style.width)
    expect(bars('arrivals-road-false')).toEqual(['100%', '25%'])
    expect(bars('arrivals-straight-true')).toEqual(['50%', '13%'])
  })

  it('says in English too that nothing has arrived yet', async () => {
    i18n.global.locale.value = 'en'
    await show([], PLAN, [])
    expect(text('arrival-errors')).toContain('No arrivals yet')
    i18n.global.locale.value = 'zh'
  })
})
