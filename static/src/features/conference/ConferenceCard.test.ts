import { DOMWrapper, flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Conference, ConferenceParty, Me, OrderSummary } from '@/api/types'
import { i18n } from '@/i18n'
import { useSession } from '@/stores/session'
import ConferenceCard from './ConferenceCard.vue'

const api = vi.hoisted(() => ({
  choices: vi.fn(),
  callIn: vi.fn(),
  callCaller: vi.fn(),
  consent: vi.fn(),
  drop: vi.fn(),
  end: vi.fn(),
  decide: vi.fn(),
  confirm: vi.fn(),
}))
vi.mock('@/api/endpoints', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  conferences: api,
}))

const party = (
  part: ConferenceParty['part'],
  state: ConferenceParty['state'],
  more = {},
): ConferenceParty => ({
  id: { desk: 1, leader: 2, caller: 3, colleague: 4 }[part],
  part,
  user_id: { desk: 7, leader: 9, caller: null, colleague: 8 }[part],
  name: { desk: '李文涛', leader: '赵刚', caller: '', colleague: '周敏' }[part],
  takes_over: false,
  state,
  problem: null,
  hanging_up: false,
  ring_at: null,
  rang_at: null,
  joined_at: state === 'JOINED' ? '2026-09-22T04:00:05Z' : null,
  ended_at: null,
  ...more,
})
const conference = (more: Partial<Conference> = {}): Conference => ({
  id: 12,
  case_id: 1,
  case_no: 'TS1',
  is_report: false,
  started_by_id: 7,
  started_by: '李文涛',
  started_at: '2026-09-22T04:00:00Z',
  ended_at: null,
  consent_at: null,
  consent_by: null,
  consent_reason: '',
  recording: 'T12',
  parties: [party('desk', 'JOINED'), party('leader', 'RINGING')],
  decision: null,
  ...more,
})
const approved = (more = {}) => ({
  decision: 'approve' as const,
  words: '同意出动',
  at: '2026-09-22T04:02:00Z',
  by_id: 9,
  by: '赵刚',
  recorded_by: '李文涛',
  confirm_due_at: '2026-09-22T04:32:00Z',
  confirmed_at: null,
  ...more,
})
const waiting = { id: 5, order_no: 'DD5', state: 'PENDING_APPROVAL' } as OrderSummary

async function show(shown: Conference, { id = 7, may = ['call.make', 'order.create'] } = {}) {
  useSession().me = { id, name: '某', permissions: may } as unknown as Me
  const wrapper = mount(ConferenceCard, {
    props: { conference: shown, orders: [waiting] },
    global: { plugins: [i18n] },
    attachTo: document.body,
  })
  await flushPromises()
  return wrapper
}

beforeEach(() => {
  document.body.innerHTML = ''
  setActivePinia(createPinia())
  vi.clearAllMocks()
  api.choices.mockResolvedValue({
    ready: true,
    extension: '8003',
    has_caller: true,
    next_leader_seconds: 10,
    leaders: [{ id: 9, name: '赵刚', extension: '8004' }],
    colleagues: [{ id: 8, name: '周敏', extension: '8007' }],
  })
})

describe('a three-party call', () => {
  it('says of each party where their line stands, and never shows a number', async () => {
    const card = await show(conference({ parties: [...conference().parties, party('caller', 'WAITING')] }))
    expect(card.get('[data-testid=party-desk]').text()).toContain('已接通')
    expect(card.get('[data-testid=party-leader]').text()).toContain('振铃')
    expect(card.get('[data-testid=party-caller]').text()).toContain('来电人')
    expect(card.text()).not.toMatch(/\d{7,}/)
  })

  it('says why somebody was not reached', async () => {
    const parties = [party('desk', 'JOINED'), party('leader', 'FAILED', { problem: 'busy' })]
    const card = await show(conference({ parties }))
    expect(card.get('[data-testid=party-leader]').text()).toContain('占线')
  })

  it('says when the next leader is called, who may be held back or called at once', async () => {
    const following = party('leader', 'WAITING', {
      id: 5,
      user_id: 10,
      name: '孙丽',
      ring_at: new Date(Date.now() + 8000).toISOString(),
    })
    const parties = [party('desk', 'JOINED'), party('leader', 'FAILED', { problem: 'busy' }), following]
    api.choices.mockResolvedValue({
      ready: true,
      extension: '8003',
      has_caller: false,
      next_leader_seconds: 10,
      leaders: [{ id: 10, name: '孙丽', extension: '' }],
      colleagues: [],
    })
    const card = await show(conference({ parties }))
    const row = card.get('[data-testid=party-leader]:last-child')
    expect(row.text()).toMatch(/[78] 秒后自动呼叫/)
    expect(row.get('button').attributes('aria-label')).toBe('不呼叫孙丽')
    api.drop.mockResolvedValue(conference({ parties }))
    await row.get('button').trigger('click')
    expect(api.drop).toHaveBeenCalledWith(12, 5)
    expect(card.get('[data-testid=conference-more]').text()).toContain('孙丽')
  })

  it('of an informant: the leader waits, and consent is written down with a reason', async () => {
    const parties = [party('desk', 'JOINED'), party('leader', 'WAITING'), party('caller', 'JOINED')]
    const card = await show(conference({ is_report: true, parties }))
    expect(card.find('[data-testid=conference-apart]').exists()).toBe(true)
    expect(card.get('[data-testid=party-leader]').text()).toContain('等来电人退出')
    api.consent.mockResolvedValue(conference({ is_report: true, consent_at: '2026-09-22T04:01:00Z' }))
    await card.get('[data-testid=conference-consent]').trigger('click')
    await flushPromises()
    const dialog = new DOMWrapper(document.body)
    await dialog.get('[data-testid=consent-text]').setValue('愿意当面说明')
    await dialog.get('[data-testid=consent]').trigger('submit')
    await flushPromises()
    expect(api.consent).toHaveBeenCalledWith(12, '愿意当面说明')
  })

  it('takes a party off the line, and hands the call over to a colleague', async () => {
    const card = await show(conference())
    api.drop.mockResolvedValue(conference())
    await card.get('[data-testid=party-leader] [data-testid=party-drop]').trigger('click')
    expect(api.drop).toHaveBeenCalledWith(12, 2)
    await flushPromises()
    api.callIn.mockResolvedValue(conference())
    await card.get('[data-testid=conference-more]').setValue('colleague 8')
    expect(api.callIn).toHaveBeenCalledWith(12, 8, true)
  })

  it('writes down the decision of the leader who was on the line, and what it does', async () => {
    const parties = [party('desk', 'JOINED'), party('leader', 'JOINED')]
    const card = await show(conference({ parties }))
    expect(card.get('[data-testid=decision-form]').text()).toContain('赵刚')
    expect(card.get('[data-testid=decision-record]').attributes('disabled')).toBeDefined()
    await card.get('[data-testid=verdict-approve]').setValue()
    expect(card.text()).toContain('DD5')
    expect(card.text()).toContain('30 分钟')
    api.decide.mockResolvedValue(conference({ parties, decision: approved() }))
    await card.get('[data-testid=decision-form]').trigger('submit')
    expect(api.decide).toHaveBeenCalledWith(12, {
      decision: 'approve',
      words: '',
      leader_id: 9,
      order_id: 5,
    })
    await flushPromises()
    expect(card.emitted('decided')).toHaveLength(1)
  })

  it('asks nobody for a decision before a leader has joined, nor an agent', async () => {
    expect((await show(conference())).find('[data-testid=decision-form]').exists()).toBe(false)
    const parties = [party('desk', 'JOINED'), party('leader', 'JOINED')]
    const card = await show(conference({ parties }), { may: ['call.make'] })
    expect(card.find('[data-testid=decision-form]').exists()).toBe(false)
  })

  it('lets the leader alone confirm what the desk wrote down', async () => {
    const over = conference({ ended_at: '2026-09-22T04:05:00Z', decision: approved() })
    const desk = await show(over)
    expect(desk.get('[data-testid=conference-decision]').text()).toContain('李文涛')
    expect(desk.find('[data-testid=conference-unconfirmed]').exists()).toBe(true)
    expect(desk.find('[data-testid=conference-confirm]').exists()).toBe(false)
    const leader = await show(over, { id: 9, may: ['call.make', 'order.approve'] })
    api.confirm.mockResolvedValue(over)
    await leader.get('[data-testid=conference-confirm]').trigger('click')
    expect(api.confirm).toHaveBeenCalledWith(12)
  })
})
