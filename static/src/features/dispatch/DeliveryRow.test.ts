import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, describe, expect, it } from 'vitest'
import type { Delivery } from '@/api/types'
import { i18n } from '@/i18n'
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
