import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ref, shallowRef } from 'vue'
import FormDialog from '@/components/FormDialog.vue'
import { i18n } from '@/i18n'
import PastBoard from './PastBoard.vue'
import type { TimeMachine } from './useTimeMachine'

vi.mock('@/map/MapView.vue', () => ({ default: { template: '<div />' } }))

const machine = {
  board: shallowRef(null),
  playback: shallowRef(null),
  period: shallowRef(null),
  at: ref(Date.parse('2026-09-22T04:00:00Z')),
  error: shallowRef(null),
  stale: ref(false),
} as unknown as TimeMachine

function press(target: Element | null): void {
  target?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true }))
}

describe('the past', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it('is left by Escape, but not by the Escape that closes a dialog over it', async () => {
    const past = mount(PastBoard, { props: { machine }, global: { plugins: [i18n] } })
    const dialog = mount(FormDialog, {
      props: { open: true, title: 'a part of the past', testid: 'asked' },
      global: { plugins: [i18n], stubs: { transition: false } },
    })
    await flushPromises()
    press(document.querySelector('[data-testid=asked]'))
    await vi.waitFor(() => expect(dialog.emitted('close')).toHaveLength(1))
    expect(past.emitted('live')).toBeUndefined()
    dialog.unmount()
    press(document.body)
    expect(past.emitted('live')).toHaveLength(1)
  })

  it('reads its banner aloud, and neither its buttons nor what lies below', () => {
    const past = mount(PastBoard, { props: { machine }, global: { plugins: [i18n] } })
    const said = past.get('header [role=status]')
    expect(said.text()).toContain('历史画面')
    expect(said.find('button, time').exists()).toBe(false)
  })
})
