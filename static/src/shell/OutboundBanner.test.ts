import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Component } from 'vue'
import type { Outbound } from '@/api/types'
import ReasonDialog from '@/components/ReasonDialog.vue'
import DeliveryRow from '@/features/dispatch/DeliveryRow.vue'
import PauseDialog from '@/features/dispatch/PauseDialog.vue'
import { i18n } from '@/i18n'
import { useOutbound } from '@/stores/outbound'
import { useSession } from '@/stores/session'
import OutboundBanner from './OutboundBanner.vue'

const api = vi.hoisted(() => ({ read: vi.fn(), pause: vi.fn(), resume: vi.fn() }))
vi.mock('@/api/endpoints', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  outbound: api,
}))

const going = (may_switch = true): Outbound => ({ pause: null, waiting: 0, may_switch })
const standing = (may_switch = true): Outbound => ({
  pause: { since: '2026-09-22T04:00:00Z', by: '赵刚', reason: '短信写错了人' },
  waiting: 12,
  may_switch,
})

async function show(component: Component, state: Outbound, props = {}) {
  api.read.mockResolvedValue(state)
  await useOutbound().load()
  const wrapper = mount(component, { props, global: { plugins: [i18n] }, attachTo: document.body })

  await flushPromises()
  return wrapper
}

const press = async (selector: string) => {
  document.querySelector<HTMLElement>(selector)?.click()
  await flushPromises()
}

describe('the pause of everything outbound', () => {
  beforeEach(() => {
    vi.clearAllMocks()
    document.body.innerHTML = ''
    setActivePinia(createPinia())
    useSession().$patch({ me: { permissions: ['order.read'] } as never })
  })

  it('is no banner while everything leaves', async () => {
    const wrapper = await show(OutboundBanner, going())
    expect(wrapper.find('[data-testid=outbound-banner]').exists()).toBe(false)
  })

  it('says who, why and how many wait, and is lifted after a look at what follows', async () => {
    const wrapper = await show(OutboundBanner, standing())
    const said = wrapper.get('[data-testid=outbound-banner]').text()
    for (const word of ['赵刚', '短信写错了人', '12']) expect(said).toContain(word)
    api.resume.mockResolvedValue(going())
    await wrapper.get('[data-testid=outbound-resume]').trigger('click')
    await flushPromises()
    expect(api.resume).not.toHaveBeenCalled()
    await press('[data-testid=outbound-resume-form] [type=submit]')
    expect(api.resume).toHaveBeenCalledOnce()
    expect(wrapper.find('[data-testid=outbound-banner]').exists()).toBe(false)
  })

  it('is only read by who may not switch', async () => {
    const banner = await show(OutboundBanner, standing(false))
    expect(banner.find('[data-testid=outbound-resume]').exists()).toBe(false)
    expect(useOutbound().maySwitch).toBe(false)
  })

  it('is begun with a reason', async () => {
    const wrapper = await show(PauseDialog, going(), { open: true })
    api.pause.mockResolvedValue(standing())
    await wrapper.getComponent(ReasonDialog).vm.$emit('confirm', { code: '', text: '误发' })
    await flushPromises()
    expect(api.pause).toHaveBeenCalledWith('误发')
    expect(useOutbound().paused).toBe(true)
    expect(wrapper.emitted('update:open')).toEqual([[false]])
  })

  it('shows a waiting message as paused, and one that has left as it was', async () => {
    api.read.mockResolvedValue(standing())
    await useOutbound().load()
    for (const [state, shown] of [
      ['QUEUED', 'PAUSED'],
      ['SENT', 'SENT'],
    ]) {
      const delivery = { id: 5, channel: 'sms', state, name: '警员', address: '', text: '', attempts: 0 }
      const wrapper = mount(DeliveryRow, {
        props: {
          orderId: 1,
          delivery: delivery as never,
          target: { kind: 'unit', id: 1, name: '' } as never,
        },
        global: { plugins: [i18n] },
      })
      expect(wrapper.get('[data-testid=delivery-5-state]').attributes('data-state')).toBe(shown)
    }
  })
})
