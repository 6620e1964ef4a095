import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { useConfig } from '@/stores/config'
import type { DispatchChannel, RecommendedBranch } from '@/api/types'
import { DESK } from './desk'
import QuickStrike from './QuickStrike.vue'
import { useComposer } from './useComposer'

const office = (id: number, more: Partial<RecommendedBranch> = {}): RecommendedBranch => ({
  organisation_id: id,
  name: `第${id}市监所`,
  phone: `100${id}`,
  fax: `500${id}`,
  distance_m: id * 1000,
  own_jurisdiction: id === 1,
  on_duty: [],
  ...more,
})

function open(channels: DispatchChannel[], branches: RecommendedBranch[]) {
  useConfig().config = { channels } as never
  const api = {
    preview: vi.fn().mockResolvedValue({ warnings: [], words: [], recipients: [] }),
    issue: vi.fn(),
  }
  const composer = useComposer(api, Date.now, () => channels)
  composer.begin(1)
  composer.change({ channels: ['sms'] })
  const wrapper = mount(QuickStrike, {
    props: { branches },
    global: { plugins: [i18n], provide: { [DESK as symbol]: { composer } } },
  })
  return { wrapper, composer, api }
}

describe('the quick-strike list', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it('names the nearest, their numbers and who is on duty, and all when asked', async () => {
    const guard = { name: '李值班', phone: '10070' }
    const four = [office(1, { on_duty: [guard] }), office(2), office(3), office(4)]
    const { wrapper } = open(['sms', 'fax'], four)
    expect(wrapper.findAll('li')).toHaveLength(2)
    for (const words of ['第1市监所', '1001', '5001', '李值班', '10070'])
      expect(wrapper.text()).toContain(words)
    await wrapper.get('[data-testid=strike-all]').trigger('click')
    expect(wrapper.findAll('li')).toHaveLength(4)
  })

  it.each<[string, DispatchChannel[], DispatchChannel[]]>([
    ['fax', ['sms', 'fax', 'voice'], ['sms', 'fax']],
    ['phone', ['sms', 'fax', 'voice'], ['sms', 'voice']],
    ['phone', ['sms', 'fax'], ['sms']],
  ])('makes a number a recipient with one press: %s', async (way, offered, channels) => {
    const { wrapper, composer } = open(offered, [office(1)])
    const button = wrapper.get(`[data-testid=strike-${way}-1]`)
    await button.trigger('click')
    await button.trigger('click')
    expect(composer.chosen.branchIds).toEqual([1])
    expect(composer.chosen.channels).toEqual(channels)
  })

  it('goes straight to the words that would go out', async () => {
    const { wrapper, api } = open(['sms'], [office(1)])
    await wrapper.get('[data-testid=rec-branch-1-send]').trigger('click')
    expect(api.preview).toHaveBeenCalledWith(expect.objectContaining({ branch_ids: [1] }))
  })
})
