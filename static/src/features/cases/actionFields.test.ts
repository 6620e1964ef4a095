import { describe, expect, it } from 'vitest'
import { controlFor, inOrder, isGiven, valueOf } from './actionFields'

describe('what a step asks for', () => {
  it('a reason is chosen from the step’s own table', () => {
    expect(controlFor('reason_code', { action: 'reject', needs: [], choices: 'reject_reasons' })).toEqual({
      type: 'code',
      table: 'reject_reasons',
    })
  })

  it('the approval in question is known, not asked', () => {
    expect(controlFor('approval_id', { action: 'approve_closure', needs: ['approval_id'] })).toBeNull()
  })

  it('a pause asks for its days and what proves it', () => {
    const action = { action: 'pause_clock', needs: [], choices: 'pause_grounds' as const }
    const types = ['reason_code', 'paused_from', 'paused_to', 'evidence'].map(
      (need) => controlFor(need, action)?.type,
    )
    expect(types).toEqual(['code', 'date', 'date', 'line'])
  })

  it('what happened is a moment of the bureau’s day', () => {
    const moment = controlFor('happened_at', { action: 'take_measure', needs: [] })
    expect(moment?.type).toBe('moment')
    expect(moment && valueOf(moment, '2026-09-11T12:30')).toBe('2026-09-11T04:30:00.000Z')
  })

  it('a term is whole days, a year at most', () => {
    const days = controlFor('days', { action: 'extend_collectively', needs: [] })
    const given = ['45', '366', '0', '367', '4.5', ''].map((raw) => days && isGiven(days, raw))
    expect(given).toEqual([true, true, false, false, false, false])
    expect(days && valueOf(days, '45')).toBe(45)
  })

  it('a pause is named by its number', () => {
    const pause = controlFor('pause', { action: 'take_back_pause', needs: [] })
    expect(pause && valueOf(pause, '2')).toBe(2)
  })

  it('money may be nothing, but not a word', () => {
    const money = controlFor('amount_recovered', { action: 'agree', needs: [] })
    expect(money && isGiven(money, '0')).toBe(true)
    expect(money && isGiven(money, 'many')).toBe(false)
    expect(money && isGiven(money, '')).toBe(false)
    expect(money && valueOf(money, '128.5')).toBe(128.5)
  })

  it('a list of materials loses its empty lines', () => {
    const lines = controlFor('materials', { action: 'request_transfer', needs: [] })
    expect(lines && valueOf(lines, '现场笔录\n\n 照片 4 张 ')).toEqual(['现场笔录', '照片 4 张'])
  })

  it('steps that carry the case on stand before those that turn it away', () => {
    const names = (action: string) => ({ action, needs: [] })
    const { forward, other } = inOrder([names('return'), names('accept'), names('reject')])
    expect(forward.map((item) => item.action)).toEqual(['accept'])
    expect(other.map((item) => item.action)).toEqual(['return', 'reject'])
  })
})
