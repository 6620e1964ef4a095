import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { Downlink } from '@/api/terminals'
import { i18n } from '@/i18n'
import DownlinkRows from './DownlinkRows.vue'

const message = (more: Partial<Downlink>): Downlink => ({
  id: 1,
  kind: 'position',
  state: 'queued',
  attempts: 0,
  problem: '',
  as_text: false,
  words: '',
  answer: null,
  answer_words: '',
  parameters: [],
  created_at: '2026-09-22T04:00:00Z',
  expires_at: '2026-09-22T04:02:00Z',
  sent_at: null,
  acknowledged_at: null,
  answered_at: null,
  ended_at: null,
  ...more,
})
const show = (...messages: Downlink[]) =>
  mount(DownlinkRows, { props: { messages }, global: { plugins: [i18n] } })

describe('messages to a terminal', () => {
  it('say what they are, how far, and since when', () => {
    const row = show(message({ state: 'answered', answered_at: '2026-09-22T04:00:09Z', attempts: 2 })).get(
      'li',
    )
    expect(row.attributes('data-state')).toBe('answered')
    expect(row.text()).toContain('询问位置')
    expect(row.text()).toContain('已答复')
    expect(row.text()).toContain('发送 2 次')
    expect(row.get('time').attributes('datetime')).toBe('2026-09-22T04:00:09Z')
  })

  it('show the driver’s answer and what went wrong', () => {
    const rows = show(
      message({
        id: 2,
        kind: 'question',
        state: 'answered',
        words: '是否接令？',
        answer: 1,
        answer_words: '接令',
      }),
      message({ id: 3, kind: 'text', state: 'failed', problem: 'no_answer' }),
    )
    expect(rows.get('.answer').text()).toBe('答复：接令')
    expect(rows.get('.problem').text()).toBe('没有答复')
    expect(rows.findAll('.said')).toHaveLength(1)
  })

  it('name the parameters that people know, and the others by their number', () => {
    const parameters = [
      { id: 0x29, hex: '00000014', number: 20, text: null },
      { id: 0xf001, hex: 'ff', number: 255, text: null },
      { id: 0x83, hex: 'bea9', number: null, text: '京A1234' },
    ]
    const rows = show(message({ kind: 'read_parameters', state: 'answered', parameters }))
    expect(rows.findAll('dt').map((one) => one.text())).toEqual(['上报间隔（秒）', '0xf001', '车牌'])
    expect(rows.findAll('dd').map((one) => one.text())).toEqual(['20', '255', '京A1234'])
  })
})
