import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import type { Proposal } from '@/api/types'
import ProposalCard from './ProposalCard.vue'

const proposal: Proposal = {
  id: 3,
  report: 'ON_SCENE',
  since: '2026-09-22T02:42:10Z',
  at: '2026-09-22T02:43:10Z',
  metres: 40,
}

describe('what the track proposes to the crew', () => {
  const card = () => mount(ProposalCard, { props: { proposal, busy: false }, global: { plugins: [i18n] } })

  it('says since when and how near, in the bureau’s time', () => {
    expect(card().text()).toContain('10:42')
    expect(card().text()).toContain('40')
  })

  it.each(['confirm', 'dismiss'] as const)('is one gesture to %s', async (answer) => {
    const wrapper = card()
    await wrapper.get(`[data-testid=field-proposal-${answer}]`).trigger('click')
    expect(wrapper.emitted(answer)).toHaveLength(1)
  })
})
