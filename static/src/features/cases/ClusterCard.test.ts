import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { cases } from '@/api/endpoints'
import type { CaseSummary, ClusterRef, LikeCase } from '@/api/types'
import { i18n } from '@/i18n'
import ClusterCard from './ClusterCard.vue'

const cluster: ClusterRef = {
  id: 1,
  lead_id: 2,
  size: 40,
  reason: 'subject',
  urgency: 2,
  light: 'red',
}
const one = (id: number): CaseSummary => ({
  id,
  case_no: `TS110000202609210000${id}`,
  kind: 'TS',
  state: 'REGISTERED',
  urgency: id === 2 ? 2 : 0,
  urgency_reason: null,
  subject: { id: 1, business_id: 1, name: '老王饭店', address: '', credit_code: '', phone: '' },
  organisation: null,
  place: null,
  region_code: null,
  channel: 'phone',
  hotline: null,
  received_at: '2026-09-21T00:00:00Z',
  due_at: null,
  light: 'none',
  open_orders: 0,
  alarm_id: null,
  version: 1,
  cluster,
})
const card = () =>
  mount(ClusterCard, {
    props: { cluster, items: [one(1), one(2)], selected: null },
    global: { plugins: [i18n] },
  })

afterEach(() => vi.restoreAllMocks())

describe('cases that one visit may settle', () => {
  it('are one row with their number, what they share, and the gravest urgency', () => {
    const row = card()
    expect(row.text()).toContain('40 件')
    expect(row.text()).toContain('老王饭店')
    expect(row.text()).toContain('同一商户 · 一次出动')
    expect(row.find('[data-level]').attributes('data-level')).toBe('2')
    expect(row.find('[data-light]').attributes('data-light')).toBe('red')
    expect(row.findAll('[data-testid^="case-card-"]')).toHaveLength(0)
  })

  it('open at once with what is there, then with all and why', async () => {
    let answer: (found: LikeCase[]) => void = () => undefined
    const asked = vi.spyOn(cases, 'cluster').mockReturnValue(new Promise((done) => (answer = done)))
    const row = card()
    await row.get('button').trigger('click')
    expect(asked).toHaveBeenCalledWith(2)
    expect(row.findAll('[data-testid^="case-card-"]')).toHaveLength(2)
    answer([1, 2, 3].map((id) => ({ ...one(id), reasons: ['subject', 'text'] })))
    await flushPromises()
    expect(row.findAll('[data-testid^="case-card-"]')).toHaveLength(3)
    expect(row.text()).toContain('同一商户 · 描述相近')
    await row.get(`[data-testid="case-card-${one(3).case_no}"]`).trigger('click')
    expect(row.emitted('open')).toEqual([[3]])
  })

  it('say so when the server does not tell more', async () => {
    vi.spyOn(cases, 'cluster').mockRejectedValue(new TypeError('offline'))
    const row = card()
    await row.get('button').trigger('click')
    await flushPromises()
    expect(row.findAll('[data-testid^="case-card-"]')).toHaveLength(2)
    expect(row.find('.members > .muted').exists()).toBe(true)
  })
})
