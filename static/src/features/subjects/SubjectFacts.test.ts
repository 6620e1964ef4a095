import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import type { SubjectFacts as Facts } from '@/api/subjects'
import { i18n, translate } from '@/i18n'
import SubjectFacts from './SubjectFacts.vue'

const facts = {
  name: '老王饭店',
  credit_code: '',
  address: '',
  phone: '',
  legal_representative: '王建国',
  scope: '餐饮服务',
  promises: '七日退换',
  service_standards: '',
}
const answer = (id: number, more: Partial<Facts> = {}): Facts => ({
  id,
  asked_at: '2026-09-22T01:00:00Z',
  asked_by_name: `问者${id}`,
  outcome: 'found',
  source: 'registry',
  fetched_at: '2026-09-01T00:00:00Z',
  facts,
  ...more,
})

async function open(known: Facts[], told: Facts[]) {
  const list = vi.fn().mockResolvedValue({ items: known })
  const ask = vi.fn().mockResolvedValue({ items: told })
  const wrapper = mount(SubjectFacts, { props: { questions: { list, ask } }, global: { plugins: [i18n] } })
  await wrapper.get('[data-testid=subject-facts-open]').trigger('click')
  await flushPromises()
  return { wrapper, list, ask }
}

describe('facts about the business', () => {
  it('asks at once where nothing is known yet, and says who asked and how old it is', async () => {
    const { wrapper, ask } = await open([], [answer(1)])
    expect(ask).toHaveBeenCalledOnce()
    for (const words of ['餐饮服务', '七日退换', '王建国', '问者1', '2026'])
      expect(wrapper.text()).toContain(words)
  })

  it('shows what was known before, and asks again only when told to', async () => {
    const early = answer(1, { facts: { ...facts, scope: '食品销售' } })
    const { wrapper, ask } = await open([answer(2), early], [])
    expect(ask).not.toHaveBeenCalled()
    expect(wrapper.text()).toContain('餐饮服务')
    await wrapper.findAll('[data-testid=subject-facts-earlier] option')[1]?.setValue()
    expect(wrapper.get('[data-testid=subject-facts-told]').text()).toContain('食品销售')
  })

  it.each(['timeout', 'unavailable', 'not_found'] as const)(
    'says so when nothing came: %s',
    async (outcome) => {
      const { wrapper } = await open([], [answer(1, { outcome, fetched_at: null })])
      expect(wrapper.get(`[data-outcome=${outcome}]`).text()).toBe(translate(`subject.outcome.${outcome}`))
    },
  )
})
