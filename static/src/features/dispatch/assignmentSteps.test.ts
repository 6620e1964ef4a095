import { describe, expect, it } from 'vitest'
import { reportsAfter } from './assignmentSteps'

describe('what may be reported of an assignment', () => {
  it('begins with accepting, and steps may be skipped', () => {
    expect(reportsAfter('ISSUED')).toEqual([
      'ACKED',
      'EN_ROUTE',
      'ON_SCENE',
      'HANDLING',
      'FED_BACK',
      'NEED_HELP',
      'CANNOT',
    ])
  })

  it('never goes back', () => {
    expect(reportsAfter('ON_SCENE')).toEqual(['HANDLING', 'FED_BACK', 'NEED_HELP', 'CANNOT'])
  })

  it('ends with going home', () => {
    expect(reportsAfter('FED_BACK')).toEqual(['CLEARED'])
  })

  it.each(['PENDING', 'CLEARED', 'CANNOT', 'CANCELLED'])('leaves %s alone', (state) => {
    expect(reportsAfter(state)).toEqual([])
  })
})
