import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { maps } from '@/api/endpoints'
import { i18n, translate } from '@/i18n'
import AnswerCounts from './AnswerCounts.vue'

async function shown(items: { month: string; kept: number; corrected: number }[]): Promise<string[]> {
  vi.spyOn(maps, 'answers').mockResolvedValue({ items })
  const wrapper = mount(AnswerCounts, { global: { plugins: [i18n] } })
  await flushPromises()
  return [...wrapper.findAll('[data-testid=answers-month] > *').map((cell) => cell.text()), wrapper.text()]
}

describe('how often first answers were put right', () => {
  it('shows each month with its share', async () => {
    const [month, all, corrected, share] = await shown([{ month: '2026-09-01', kept: 190, corrected: 10 }])
    expect([month, all, corrected, share]).toEqual(['2026-09', '200', '10', '5.0%'])
  })

  it('says that nobody has confirmed anything yet', async () => {
    expect(await shown([])).toEqual([expect.stringContaining(translate('admin.answers.none'))])
  })
})
