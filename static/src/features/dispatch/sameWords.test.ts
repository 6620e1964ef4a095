import { describe, expect, it } from 'vitest'
import type { PreviewRecipient } from '@/api/types'
import { sameWords, totals } from './sameWords'

const to = (name: string, rest: Partial<PreviewRecipient> = {}): PreviewRecipient => ({
  target: { kind: 'unit', id: 1, name: '执法一组' },
  channel: 'sms',
  name,
  address: '10000000001',
  text: '【执法调度】…',
  pages: 2,
  blocked: null,
  held: null,
  ...rest,
})

describe('who gets the same words', () => {
  it('stands together, each with its own address', () => {
    const groups = sameWords([to('李建国'), to('王芳', { address: '10000000002' })])
    expect(groups).toHaveLength(1)
    expect(groups[0]?.to).toEqual([
      { name: '李建国', address: '10000000001' },
      { name: '王芳', address: '10000000002' },
    ])
  })

  it.each([
    ['another text', { text: '其他' }],
    ['another channel', { channel: 'app' as const }],
    ['a recipient that is blocked', { blocked: 'no_phone' }],
    ['another unit', { target: { kind: 'unit' as const, id: 2, name: '执法二组' } }],
  ])('but %s stands alone', (_, other) => {
    expect(sameWords([to('李建国'), to('王芳', other)])).toHaveLength(2)
  })
})

describe('how much leaves', () => {
  it('counts messages and what is paid for by channel, and nothing that stays', () => {
    const found = totals([
      to('李建国'),
      to('王芳'),
      to('执法一组', { channel: 'app', pages: null }),
      to('朝外所', { channel: 'fax', pages: 1 }),
      to('建国门所', { channel: 'fax', blocked: 'no_fax_number' }),
      to('景山所', { channel: 'fax', held: 'attendance_unconfirmed' }),
    ])
    expect([...found]).toEqual([
      ['sms', { messages: 2, pages: 4 }],
      ['app', { messages: 1, pages: 0 }],
      ['fax', { messages: 1, pages: 1 }],
    ])
  })
})
