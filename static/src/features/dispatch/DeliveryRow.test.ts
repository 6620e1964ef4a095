import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, describe, expect, it } from 'vitest'
import type { Delivery } from '@/api/types'
import { i18n } from '@/i18n'
import { useOrders } from '@/stores/orders'
import { useSession } from '@/stores/session'
import DeliveryRow from './DeliveryRow.vue'

const fax: Delivery = {
  id: 3,
  channel: 'fax',
  name: '东城分局 东华门市监所',
  address: '+9991000005001',
  text: '',
  pages: 3,
  state: 'SENT',
  held: null,
  queued_at: '2026-09-22T04:00:00Z',
  sent_at: '2026-09-22T04:00:01Z',
  delivered_at: null,
  parts: { total: 3, confirmed: 0, under_way: 2 },
  attempts: 1,
  problem: null,
}
const target = { kind: 'branch' as const, id: 1, name: fax.name }

const row = (delivery: Delivery) =>
  mount(DeliveryRow, { props: { orderId: 1, delivery, target }, global: { plugins: [i18n] } })

function words(delivery: Delivery): string {
  setActivePinia(createPinia())
  return row(delivery).text()
}

function mayStop(delivery: Delivery): boolean {
  setActivePinia(createPinia())
  useSession().me = { permissions: ['order.create'] } as never
  return row(delivery).find('[data-testid=delivery-3-cancel]').exists()
}

describe('the row of a fax', () => {
  const before = i18n.global.locale.value
  afterEach(() => {
    i18n.global.locale.value = before
  })

  it('says which page is under way, in both languages', () => {
    i18n.global.locale.value = 'zh'
    expect(words(fax)).toContain('正在发送第 2 页，共 3 页')
    i18n.global.locale.value = 'en'
    expect(words(fax)).toContain('sending page 2 of 3')
  })

  it('is called calling while it has the line, with the time when it should be over', () => {
    i18n.global.locale.value = 'en'
    setActivePinia(createPinia())
    const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()
    useOrders().expected = new Map([[3, at(60)]])
    const shown = row({ ...fax, parts: null })
    expect(shown.get('[data-testid=delivery-3-state]').text()).toBe('Calling')
    expect(shown.text()).toMatch(/over by about \d\d:\d\d/)
    useOrders().expected = new Map([[3, at(-60)]])
    expect(row(fax).text()).not.toContain('over by about')
  })

  it('does not say once more whose it is, nor offers to send again what may still arrive', async () => {
    setActivePinia(createPinia())
    useSession().me = { permissions: ['order.create'] } as never
    const shown = row(fax)
    expect(shown.text()).not.toContain(fax.name)
    expect(shown.find('[data-testid=delivery-3-resend]').exists()).toBe(false)
    await shown.get('[data-testid=delivery-3-text-toggle]').trigger('click')
    expect(shown.find('[data-testid=delivery-3-resend]').exists()).toBe(true)
  })

  it('counts what passed once none is', () => {
    i18n.global.locale.value = 'en'
    const shown = words({ ...fax, parts: { total: 3, confirmed: 1, under_way: 0 } })
    expect(shown).toContain('1 of 3 parts confirmed')
    expect(shown).not.toContain('sending page')
  })

  it('can be stopped while its engine has it, unlike a text', () => {
    expect([mayStop(fax), mayStop({ ...fax, state: 'DELIVERED' })]).toEqual([true, false])
    expect(mayStop({ ...fax, channel: 'sms' })).toBe(false)
  })
})
