import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import { keyOf } from '@/lib/hits'
import type { Hit } from '@/api/types'
import WordsCheck from './WordsCheck.vue'

const hit = (kind: string, start: number, end: number, refused = false): Hit => ({
  field: 'note',
  kind,
  start,
  end,
  digest: `${kind}${start}`,
  refused,
})
const text = '找王女士，电话13812345678'
const name = hit('name', 1, 4)

function show(hits: Hit[], accepted: ReadonlySet<string> = new Set()) {
  return mount(WordsCheck, {
    props: { typed: [{ field: 'note', text, hits }], accepted },
    global: { plugins: [i18n] },
  })
}

describe('words that seem to lead to a person', () => {
  it('are marked where they stand, each with its kind and a box of its own', async () => {
    const wrapper = show([name, hit('phone', 7, 18)])
    expect(wrapper.findAll('mark').map((mark) => mark.text())).toEqual(['王女士', '13812345678'])
    expect(wrapper.findAll('li').map((row) => row.get('.kind').text())).toEqual(['姓名', '电话'])
    await wrapper.get('[data-testid=hit-note-name]').trigger('change')
    expect(wrapper.emitted('toggle')).toEqual([[keyOf(name)]])
  })

  it('cannot be ticked where they may not leave', () => {
    const wrapper = show([hit('phone', 7, 18, true)])
    expect(wrapper.find('input').exists()).toBe(false)
    expect(wrapper.get('mark').classes()).toContain('refused')
  })

  it('look done once a person has let them leave', () => {
    expect(
      show([name], new Set([keyOf(name)]))
        .get('mark')
        .classes(),
    ).toContain('ok')
  })
})
