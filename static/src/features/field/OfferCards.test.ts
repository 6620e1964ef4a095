import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { offers as api, type Offer } from '@/api/offers'
import { i18n } from '@/i18n'
import type { FieldPage } from '@/api/types'
import OfferCards from './OfferCards.vue'

const offer = (more: Partial<Offer> = {}): Offer => ({
  id: 3,
  order_no: 'DD1',
  urgency: 1,
  kind: 'inspect',
  assignment_id: 9,
  giver: '京A0001',
  unit_id: 2,
  unit_name: '京A0002',
  subject_name: '老王饭店',
  subject_address: '',
  reason: '更近',
  offered_at: '2026-09-22T01:00:00Z',
  offered_by_name: '警员501',
  decided_by_name: null,
  state: 'open',
  ...more,
})
const member = (name: string) => ({ id: 1, name, certified: true })
const page = {
  vehicles: [
    { id: 1, name: '一号', plate: '京A0001', crew: [member('甲'), member('乙')] },
    { id: 2, name: '二号', plate: '京A0002', crew: [member('丙'), member('丁')] },
    { id: 3, name: '三号', plate: '京A0003', crew: [member('戊')] },
  ],
} as unknown as FieldPage

async function open(found: Offer[], unitId: number) {
  HTMLDialogElement.prototype.showModal ??= vi.fn()
  vi.spyOn(api, 'mine').mockResolvedValue({ items: found })
  const wrapper = mount(OfferCards, {
    props: { page, unitId, assignmentId: 9, mayGive: true },
    global: { plugins: [i18n] },
  })
  await flushPromises()
  return wrapper
}

describe('handing an order over', () => {
  afterEach(() => vi.restoreAllMocks())

  it('asks a complete crew, with a reason', async () => {
    const give = vi.spyOn(api, 'give').mockResolvedValue(offer())
    const wrapper = await open([], 1)
    await wrapper.get('[data-testid=offer-open]').trigger('click')
    expect(wrapper.find('[data-testid=offer-to-1]').exists()).toBe(false)
    expect(wrapper.find('[data-testid=offer-to-3]').exists()).toBe(false)
    await wrapper.get('[data-testid=offer-to-2]').setValue()
    await wrapper.get('[data-testid=offer-reason]').setValue('更近')
    await wrapper.get('[data-testid=offer-send]').trigger('click')
    await flushPromises()
    expect(give).toHaveBeenCalledWith(9, 2, '更近')
    expect(wrapper.emitted('changed')).toHaveLength(1)
  })

  it('says to the giver that it stays responsible', async () => {
    const wrapper = await open([offer()], 1)
    expect(wrapper.get('[data-testid=offer-out]').text()).toContain('京A0002')
    expect(wrapper.find('[data-testid=offer-open]').exists()).toBe(false)
  })

  it('shows the taker why it can no longer be taken', async () => {
    const refusal = new ApiError({
      status: 409,
      code: 'offer_over',
      message: '',
      params: { order_no: 'DD1', reason: '群众已撤诉' },
    })
    vi.spyOn(api, 'decide').mockRejectedValue(refusal)
    const wrapper = await open([offer()], 2)
    await wrapper.get('[data-testid=offer-accept]').trigger('click')
    await flushPromises()
    expect(wrapper.get('[role=alert]').text()).toContain('群众已撤诉')
  })

  it('tells of one that was overtaken until it is noted', async () => {
    const wrapper = await open([offer({ state: 'overtaken' })], 2)
    expect(wrapper.get('[data-testid=offer-3]').text()).toContain('DD1')
    await wrapper.get('[data-testid=offer-seen]').trigger('click')
    expect(wrapper.find('[data-testid=offer-3]').exists()).toBe(false)
  })
})
