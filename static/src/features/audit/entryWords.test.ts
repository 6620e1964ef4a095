import { describe, expect, it } from 'vitest'
import type { AuditEntry, Codes } from '@/api/types'
import { actionOf, detailOf, objectOf, reasonOf } from './entryWords'

const entry = (more: Partial<AuditEntry>): AuditEntry => ({
  id: 1,
  at: '2026-09-22T01:00:00Z',
  actor_id: 9,
  actor: '赵卫国',
  roles: ['CMD'],
  action: 'identity.revealed',
  group: 'secrets',
  object_kind: 'case',
  object_id: '7',
  object_no: 'JB11000020260922000001',
  reason_code: 'verify',
  note: '',
  terminal: '',
  correlation_id: '',
  detail: {},
  ...more,
})

describe('an entry of the log in words', () => {
  it('says what was done, and shows the code of what has no words', () => {
    expect(actionOf(entry({}))).toBe('查看身份')
    expect(actionOf(entry({ action: 'new.thing' }))).toBe('new.thing')
  })

  it('names a case by its number and anything else by kind and id', () => {
    expect(objectOf(entry({}))).toBe('JB11000020260922000001')
    expect(objectOf(entry({ object_no: '', object_kind: 'unit' }))).toBe('单元 7')
  })

  it('takes the reason from whichever table has it', () => {
    const codes = { track_reasons: [{ code: 'verify', zh: '核查', en: 'Check' }] } as unknown as Codes
    expect(reasonOf(entry({}), codes, 'en')).toBe('Check')
    expect(reasonOf(entry({ reason_code: 'odd' }), codes, 'zh')).toBe('odd')
  })

  it('leaves out what says nothing', () => {
    expect(detailOf(entry({ detail: { state: 'FREE', fields: ['contact'], none: null } }))).toEqual([
      ['state', 'FREE'],
      ['fields', '["contact"]'],
    ])
  })
})
