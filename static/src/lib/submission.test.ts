import { describe, expect, it } from 'vitest'
import {
  amountOf,
  emptyDraft,
  faults,
  isTouched,
  storable,
  toPublicSubmission,
  toSubmission,
  type Draft,
} from './submission'

function draft(changes: Partial<Draft> = {}): Draft {
  const base = emptyDraft('key')
  return {
    ...base,
    person: { ...base.person, name: '张三', phone: '19900000001', address: '东城区' },
    subject: { ...base.subject, name: '老王饭店', address: '和平里北街1号' },
    dispatch_facts: '后厨不洁',
    demands: ['refund'],
    ...changes,
  }
}

describe('what a submission must have', () => {
  it('a complaint wants name, phone and address of the complainant, subject, facts and a demand', () => {
    expect(Object.keys(faults(emptyDraft('k')))).toEqual([
      'person.name',
      'person.phone',
      'person.address',
      'subject.name',
      'subject.address',
      'dispatch_facts',
      'demands',
    ])
    expect(faults(draft())).toEqual({})
  })

  it('a report needs nobody behind it', () => {
    const report = { ...draft(), tab: 'JB' as const, person: emptyDraft('k').person, demands: [] }
    expect(faults(report)).toEqual({})
  })

  it('a consultation wants a question and its answer, or somebody to call back', () => {
    const base = { ...emptyDraft('k'), tab: 'ZX' as const }
    expect(Object.keys(faults(base))).toEqual(['question', 'answer'])
    expect(Object.keys(faults({ ...base, answered: false }))).toEqual([
      'person.name',
      'person.phone',
      'question',
    ])
  })

  it('a text must stand in one of the two fields', () => {
    expect(Object.keys(faults(draft({ dispatch_facts: '' })))).toEqual(['dispatch_facts'])
    expect(faults(draft({ dispatch_facts: '', sealed_narrative: '昨天买的酸奶变质' }))).toEqual({})
  })

  it('a call that is both wants words of its own for the report, and nothing else does', () => {
    expect(faults(draft({ tab: 'BOTH' }))).toEqual({ report_facts: 'required' })
    expect(faults(draft({ tab: 'BOTH', report_facts: '冰柜存放过期肉' }))).toEqual({})
    expect(toSubmission(draft({ tab: 'TS', report_facts: '冰柜存放过期肉' })).report_facts).toBe('')
  })

  it('a wrong check digit is told before sending', () => {
    const wrong = draft()
    wrong.subject.credit_code = '91350100M000100Y44'
    expect(faults(wrong)).toEqual({ 'subject.credit_code': 'credit_code' })
  })
})

describe('what is sent', () => {
  it('a call that is both is sent as two kinds', () => {
    expect(toSubmission(draft({ tab: 'BOTH' })).kinds).toEqual(['TS', 'JB'])
  })

  it('an anonymous report carries nobody, even if something was typed first', () => {
    const typed = draft({ tab: 'JB', caller_number: '19900000001' })
    typed.person.anonymous = true
    const sent = toSubmission(typed)
    expect(sent.person).toMatchObject({ name: '', phone: '', address: '', id_number: '', anonymous: true })
    expect(sent.caller_number).toBe('')
  })

  it('empty details stay at home', () => {
    expect(toSubmission(draft({ details: { goods: '酸奶', brand: '' } })).details).toEqual({ goods: '酸奶' })
  })

  it('the public sets no urgency', () => {
    const sent = toPublicSubmission(draft({ urgency: 3, triggers: ['DEATH'] }), '')
    expect(sent).not.toHaveProperty('urgency')
    expect(sent).not.toHaveProperty('triggers')
    expect(sent.website).toBe('')
  })

  it('money is sent as a number', () => {
    expect(toSubmission(draft({ details: { amount: '486.50' } })).details).toEqual({ amount: 486.5 })
    expect(amountOf(draft({ details: { amount: '' } }))).toBeNull()
  })
})

describe('what may lie in the tab', () => {
  it('a complaint is kept whole', () => {
    expect(storable(draft())).toEqual(draft())
  })

  it.each(['JB', 'BOTH'] as const)('nobody who reports is kept (%s), the rest is', (tab) => {
    const kept = JSON.stringify(
      storable(draft({ tab, sealed_narrative: '我叫张三', caller_number: '19900000001' })),
    )
    expect(kept).not.toContain('张三')
    expect(kept).not.toContain('19900000001')
    expect(kept).toContain('后厨不洁')
  })

  it('an untouched form is not worth a question on leaving', () => {
    expect(isTouched(emptyDraft('k'))).toBe(false)
    expect(isTouched(draft())).toBe(true)
  })
})
