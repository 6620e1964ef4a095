import { afterEach, describe, expect, it } from 'vitest'
import type { Policy, PolicyStep, StepDetails, TakenStep } from '@/api/types'
import { setLanguage } from '.'
import { stepWords, takenWords } from './steps'

const send: PolicyStep = {
  after: 45,
  act: 'send',
  channels: ['sms', 'fax'],
  reach: 'all',
  every: 0,
  rung: '',
}
const unit: PolicyStep = { ...send, act: 'unit', channels: [] }
const policy = { steps: [send, unit], signed: false } as unknown as Policy
const nothing: StepDetails = {
  to: [],
  rung: null,
  unit_id: null,
  name: null,
  travel_seconds: null,
  refused: null,
}
const taken = (part: Partial<TakenStep>): TakenStep => ({
  position: 0,
  act: 'send',
  due_at: '',
  at: '',
  outcome: 'done',
  details: nothing,
  ...part,
})

afterEach(() => setLanguage('zh'))

describe('a step in words', () => {
  it.each([
    [send, false, '用短信、传真联系所有未试过的号码'],
    [{ ...send, reach: 'next' as const }, false, '用短信、传真联系下一个未试过的号码'],
    [{ ...send, reach: 'next' as const, every: 90 }, false, '用短信、传真逐个联系未试过的号码，每 90 秒一个'],
    [{ ...unit, act: 'ring' as const, rung: 'CMD' as const }, false, '向指挥长报警'],
    [unit, false, '提议加派一个最近的单元，由人决定'],
    [unit, true, '加派一个最近的单元'],
    [{ ...unit, act: 'stop' as const }, false, '停止发送'],
  ])('%#', (step, signed, words) => {
    expect(stepWords(step, signed)).toBe(words)
  })

  it('is said in English too', () => {
    setLanguage('en')
    expect(stepWords(unit, false)).toBe('propose the nearest other unit; a person decides')
  })
})

describe('what became of it', () => {
  it('names whom it went to, by channel', () => {
    const to = [
      { channel: 'sms' as const, name: '李建国' },
      { channel: 'fax' as const, name: '朝阳所' },
      { channel: 'sms' as const, name: '王强' },
    ]
    expect(takenWords(taken({ details: { ...nothing, to } }), policy)).toBe(
      '已发：短信 李建国、王强 · 传真 朝阳所',
    )
  })

  it.each([
    [taken({ outcome: 'nothing_left' }), '没有未试过的号码'],
    [taken({ act: 'ring', details: { ...nothing, rung: 'DISP' } }), '已向调度员报警'],
    [taken({ act: 'unit', outcome: 'proposed', details: { ...nothing, name: '二组' } }), '提议加派 二组'],
    [taken({ act: 'unit', outcome: 'sent_unit', details: { ...nothing, name: '二组' } }), '已加派 二组'],
    [
      taken({ act: 'unit', position: 1, outcome: 'late' }),
      '中断期间到时，没有做：提议加派一个最近的单元，由人决定',
    ],
  ])('%#', (step, words) => {
    expect(takenWords(step, policy)).toBe(words)
  })
})
