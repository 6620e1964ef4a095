import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { UnitTerminal, UnitTerminals as Shown } from '@/api/terminals'
import { i18n } from '@/i18n'
import { useSession } from '@/stores/session'
import UnitTerminals from './UnitTerminals.vue'

const api = vi.hoisted(() => ({ all: vi.fn(), ask: vi.fn() }))
vi.mock('@/api/terminals', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  unitTerminals: api,
}))

const terminal = (more: Partial<UnitTerminal>): UnitTerminal => ({
  id: 1,
  name: '终端7',
  protocol: 'jt808',
  is_phone: false,
  enabled: true,
  connected: true,
  last_seen_at: '2026-09-22T04:00:00Z',
  can_be_asked: true,
  ...more,
})

async function show(shown: Shown, permissions: string[]) {
  api.all.mockResolvedValue(shown)
  setActivePinia(createPinia())
  useSession().$patch({ me: { permissions } as never })
  const wrapper = mount(UnitTerminals, { props: { unitId: 7 }, global: { plugins: [i18n] } })
  await flushPromises()
  return wrapper
}

describe('the terminals of a unit', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    vi.clearAllMocks()
  })

  it('are asked and followed by whoever sends units', async () => {
    const wrapper = await show({ terminals: [terminal({})], messages: [] }, ['unit.manage'])
    api.ask.mockResolvedValue({ terminals: [terminal({})], messages: [] })
    await wrapper.get('[data-testid=unit-ask-position]').trigger('click')
    await flushPromises()
    await wrapper.get('[data-testid=unit-follow]').trigger('click')
    await flushPromises()
    expect(api.ask.mock.calls).toEqual([
      [7, { what: 'position' }],
      [7, { what: 'follow', minutes: 10 }],
    ])
    wrapper.unmount()
  })

  it('are only looked at by everybody else, and where none can be asked', async () => {
    for (const [more, permissions] of [
      [{}, []],
      [{ can_be_asked: false, protocol: 'nmea' as const }, ['unit.manage']],
    ] as const) {
      const wrapper = await show({ terminals: [terminal(more)], messages: [] }, [...permissions])
      expect(wrapper.find('[data-testid=unit-ask-position]').exists()).toBe(false)
      expect(wrapper.text()).toContain('终端7')
      wrapper.unmount()
    }
  })

  it('call an officer’s phone by its officer', async () => {
    const phone = terminal({ is_phone: true, name: '李强', protocol: 'osmand', can_be_asked: false })
    const wrapper = await show({ terminals: [phone], messages: [] }, [])
    expect(wrapper.text()).toContain('李强 的手机')
    expect(wrapper.text()).not.toContain('OsmAnd')
    wrapper.unmount()
  })
})
