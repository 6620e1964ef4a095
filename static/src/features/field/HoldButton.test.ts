import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import HoldButton from './HoldButton.vue'

describe('the call for help', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())
  const button = () => mount(HoldButton, { global: { plugins: [i18n] } })

  it('is made by holding a second and a half', async () => {
    const wrapper = button()
    await wrapper.trigger('pointerdown')
    vi.advanceTimersByTime(1500)
    expect(wrapper.emitted('held')).toHaveLength(1)
  })

  it.each(['pointerup', 'pointerleave', 'pointercancel', 'blur'])(
    'is not made when %s comes first',
    async (end) => {
      const wrapper = button()
      await wrapper.trigger('pointerdown')
      vi.advanceTimersByTime(1400)
      await wrapper.trigger(end)
      vi.advanceTimersByTime(2000)
      expect(wrapper.emitted('held')).toBeUndefined()
    },
  )

  it('is made once however long it is held, by keyboard too', async () => {
    const wrapper = button()
    for (let i = 0; i < 40; i += 1) {
      await wrapper.trigger('keydown', { key: ' ' })
      vi.advanceTimersByTime(50)
    }
    expect(wrapper.emitted('held')).toHaveLength(1)
  })
})
