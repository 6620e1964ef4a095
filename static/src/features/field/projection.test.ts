import { describe, expect, it } from 'vitest'
import { project, reportsAfter } from './projection'

describe('what the crew sees while the phone has no network', () => {
  const issued = { state: 'ISSUED' as const, next: reportsAfter('ISSUED') }

  it('is what the server says when nothing waits', () => {
    expect(project(issued, [])).toEqual({ ...issued, waiting: false })
  })

  it('goes on from what waits to be sent, and says that it waits', () => {
    expect(project(issued, ['ACKED', 'EN_ROUTE'])).toEqual({
      state: 'EN_ROUTE',
      next: ['ON_SCENE', 'HANDLING', 'FED_BACK', 'NEED_HELP', 'CANNOT'],
      waiting: true,
    })
  })

  it('never goes back when something old is still in the queue', () => {
    expect(project({ state: 'ON_SCENE', next: [] }, ['ACKED']).state).toBe('ON_SCENE')
  })

  it('takes asking for help as having read the order', () => {
    expect(project(issued, ['NEED_HELP']).state).toBe('ACKED')
    expect(project({ state: 'HANDLING', next: [] }, ['NEED_HELP']).state).toBe('HANDLING')
  })

  it('ends with cannot, and after feedback only with going home', () => {
    expect(project(issued, ['CANNOT']).next).toEqual([])
    expect(project(issued, ['FED_BACK']).next).toEqual(['CLEARED'])
  })
})
