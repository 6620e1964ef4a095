import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import TimeBar from './TimeBar.vue'
import { MINUTE_MS } from './useTimeMachine'

const NOON = Date.parse('2026-09-22T04:00:00Z')

function bar(at = NOON + 30 * MINUTE_MS, playing = false) {
  const props = { since: NOON, until: NOON + 60 * MINUTE_MS, at, playing, pace: 60 }
  return mount(TimeBar, { props, global: { plugins: [i18n] } })
}

describe('the slider over the past', () => {
  it.each([
    ['time-step-10', 20],
    ['time-step-1', 29],
    ['time-step1', 31],
    ['time-step10', 40],
  ])('%s goes by minutes', async (button, minute) => {
    const wrapper = bar()
    await wrapper.get(`[data-testid=${button}]`).trigger('click')
    expect(wrapper.emitted('go')).toEqual([[NOON + minute * MINUTE_MS]])
  })

  it('goes by minutes with the arrows, and plays with the space bar', async () => {
    const wrapper = bar()
    const slider = wrapper.get('[data-testid=time-slider]')
    await slider.trigger('keydown', { key: 'ArrowLeft' })
    await slider.trigger('keydown', { key: ' ' })
    expect(wrapper.emitted('go')).toEqual([[NOON + 29 * MINUTE_MS]])
    expect(wrapper.emitted('play')).toHaveLength(1)
  })

  it('says the whole moment to who cannot see it', () => {
    expect(bar().get('[data-testid=time-slider]').attributes('aria-valuetext')).toContain('12:30:00')
  })

  it('pauses while it plays, and steps no further than its ends', async () => {
    const wrapper = bar(NOON + 60 * MINUTE_MS, true)
    await wrapper.get('[data-testid=time-play]').trigger('click')
    expect(wrapper.emitted('pause')).toHaveLength(1)
    expect(wrapper.get('[data-testid=time-step1]').attributes('disabled')).toBeDefined()
  })
})
