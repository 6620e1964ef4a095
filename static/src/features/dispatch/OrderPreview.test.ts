import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { cases, orders } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'
import type { Config, Order, OrderPreview as Preview, Policy } from '@/api/types'
import { useConfig } from '@/stores/config'
import { provideDesk, type Desk } from './desk'
import OrderPreview from './OrderPreview.vue'

const WORDS = '【执法调度】紧急查处指令'
const policy: Policy = {
  id: null,
  urgency: 1,
  version: 0,
  signed: false,
  channels: ['app', 'vehicle', 'sms'],
  limits: { ack: 300, depart: 600, arrive: 3_600, feedback: 28_800 },
  steps: [
    { after: 90, act: 'send', channels: ['sms', 'fax'], reach: 'all', every: 0, rung: '' },
    { after: 300, act: 'unit', channels: [], reach: 'all', every: 0, rung: '' },
  ],
}
const preview: Preview = {
  needs_approval: false,
  closed: false,
  warnings: [],
  words: [],
  policy,
  recipients: [
    {
      target: { kind: 'unit', id: 1, name: '执法一组' },
      channel: 'sms',
      name: '李建国',
      address: '+99913800000001',
      text: WORDS,
      pages: 1,
      blocked: null,
      held: null,
    },
  ],
}

async function open() {
  let desk: Desk | undefined
  useConfig().config = { channels: ['sms'] } as Config
  // As on the desk: the words appear once the composer has them.
  const Stage = defineComponent({
    setup() {
      const { composer } = (desk = provideDesk())
      return () => (composer.preview.value ? h(OrderPreview) : null)
    },
  })
  const wrapper = mount(Stage, { global: { plugins: [i18n] }, attachTo: document.body })
  const { composer } = desk as unknown as Desk
  composer.begin(9)
  composer.toggleUnit(1)
  await composer.ask()
  await flushPromises()
  return { wrapper, button: () => wrapper.get('[data-testid=send-order]') }
}

describe('the words before they go', () => {
  beforeEach(() => {
    Element.prototype.scrollIntoView = vi.fn()
    setActivePinia(createPinia())
    vi.spyOn(orders, 'preview').mockResolvedValue(preview)
    vi.spyOn(orders, 'list').mockResolvedValue([])
    vi.spyOn(cases, 'one').mockReturnValue(new Promise(() => undefined))
  })
  const issuing = () => vi.spyOn(orders, 'issue')

  it('are shown exactly, with the address they go to', async () => {
    const { wrapper } = await open()
    expect(wrapper.get('[data-testid=preview-text-0]').text()).toBe(WORDS)
    expect(wrapper.get('[data-testid=preview-address-0]').text()).toContain('+99913800000001')
    expect(wrapper.get('[data-testid=preview-total]').text()).toBe('共 1 件：短信 1（1 条）')
  })

  it('stand with what follows while nobody accepts', async () => {
    const { wrapper } = await open()
    const steps = wrapper.findAll('[data-testid=preview-follows] li').map((step) => step.text())
    expect(steps).toEqual([
      expect.stringMatching(/90 秒仍未接令.*用短信、传真联系/),
      expect.stringMatching(/5 分钟仍未接令.*由人决定/),
    ])
  })

  it('are not called sent before the server says so', async () => {
    let answer: (order: Order) => void = () => undefined
    issuing().mockReturnValue(new Promise((resolve) => (answer = resolve)))
    const { wrapper, button } = await open()
    await wrapper.get('form').trigger('submit')
    expect(button().attributes('data-phase')).toBe('sending')
    answer({ id: 5, case_id: 9, order_no: 'DD1', state: 'ISSUED', assignments: [] } as unknown as Order)
    await flushPromises()
    expect(wrapper.find('[data-testid=send-order]').exists()).toBe(false)
  })

  it('stay on the screen with what went wrong when the server does not answer', async () => {
    issuing().mockRejectedValue(new ApiError({ status: 0, code: 'network', message: '' }))
    const { wrapper, button } = await open()
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(wrapper.get('[data-testid=send-error]').text()).toContain('同一指令不会重复')
    expect(button().attributes('aria-disabled')).toBe('false')
  })

  it.each([
    ['held down', { key: 'Enter', repeat: true }],
    ['struck at once', { key: 'Enter' }],
  ])('do not go by an Enter that is %s', async (_, keys) => {
    const { button } = await open()
    const event = new KeyboardEvent('keydown', { ...keys, bubbles: true, cancelable: true })
    button().element.dispatchEvent(event)
    expect(event.defaultPrevented).toBe(true)
  })
})
