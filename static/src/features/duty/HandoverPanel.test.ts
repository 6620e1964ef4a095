import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { handovers as api, SECTIONS, type Handover, type Standing } from '@/api/handover'
import { i18n } from '@/i18n'
import { useSession } from '@/stores/session'
import type { Me } from '@/api/types'
import HandoverPanel from './HandoverPanel.vue'

const nothing = Object.fromEntries(
  SECTIONS.map((name) => [name, { total: 0, lines: [] }]),
) as unknown as Standing
const standing: Standing = {
  ...nothing,
  overdue: {
    total: 3,
    lines: [
      { number: 'DD1', about: '东华市监所', state: 'depart_overdue', at: '2026-09-22T01:00:00Z', who: '' },
    ],
  },
}
const left: Handover = {
  id: 4,
  written_by: 7,
  written_by_name: '李文涛',
  written_at: '2026-09-22T00:00:00Z',
  due_at: '2026-09-22T00:30:00Z',
  signed_by_name: null,
  signed_at: null,
  notes: '京A12345 送修',
  content: standing,
}

async function open(me: number): Promise<VueWrapper> {
  const session = useSession()
  session.me = { id: me, permissions: ['duty.hand_over'] } as unknown as Me
  vi.spyOn(api, 'list').mockResolvedValue({ items: [left] })
  vi.spyOn(api, 'standing').mockResolvedValue(standing)
  vi.spyOn(api, 'one').mockResolvedValue(left)
  const panel = mount(HandoverPanel, { global: { plugins: [i18n] } })
  await flushPromises()
  return panel
}

describe('the hand-over', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it('shows what is open, what it means, and how much more there is', async () => {
    const part = (await open(7)).get('[data-testid=standing-overdue]').text()
    for (const words of ['DD1', '东华市监所', '逾期未出发', '其余 2 项略']) expect(part).toContain(words)
  })

  it('is left with a word', async () => {
    const write = vi.spyOn(api, 'write').mockResolvedValue(left)
    const panel = await open(7)
    await panel.get('[data-testid=handover-notes]').setValue(' 京A12345 送修 ')
    await panel.get('form').trigger('submit')
    await flushPromises()
    expect(write).toHaveBeenCalledWith('京A12345 送修', expect.any(String))
    expect(panel.find('[data-testid=handover-sign]').exists()).toBe(false)
  })

  it('is signed by somebody else', async () => {
    const signed = { ...left, signed_by_name: '周敏', signed_at: '2026-09-22T00:10:00Z' }
    vi.spyOn(api, 'sign').mockResolvedValue(signed)
    const panel = await open(8)
    await panel.get('[data-testid=handover-4]').trigger('click')
    await flushPromises()
    await panel.get('[data-testid=handover-sign]').trigger('click')
    await flushPromises()
    expect(panel.get('[data-testid=handover-state]').text()).toContain('周敏')
    expect(panel.find('[data-testid=handover-sign]').exists()).toBe(false)
  })
})
