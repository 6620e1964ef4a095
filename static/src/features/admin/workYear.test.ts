import { describe, expect, it } from 'vitest'
import type { WorkDay } from '@/api/workdays'
import { differing, monthsOf, pressed } from './workYear'

const holiday: WorkDay = { day: '2026-10-01', is_workday: false, note: '国庆节' }
const makeup: WorkDay = { day: '2026-10-10', is_workday: true, note: '国庆节' }
const days = new Map([holiday, makeup].map((one) => [one.day, one]))

describe('monthsOf', () => {
  it('has weeks from Monday with what each day is', () => {
    const [first = [], second = [], ...others] = monthsOf(2026, days)[9] ?? []
    expect(first.map((cell) => cell?.number ?? 0)).toEqual([0, 0, 0, 1, 2, 3, 4])
    expect(first[3]).toEqual({ day: '2026-10-01', number: 1, kind: 'holiday', note: '国庆节' })
    expect(first[4]?.kind).toBe('work')
    expect(second[5]).toMatchObject({ day: '2026-10-10', kind: 'makeup' })
    expect(second[6]?.kind).toBe('rest')
    expect([first, second, ...others].flat().filter(Boolean)).toHaveLength(31)
  })

  it('knows a leap year', () => {
    expect(monthsOf(2028, new Map())[1]?.flat().filter(Boolean)).toHaveLength(29)
  })
})

describe('pressed', () => {
  it('makes a working day a holiday and back', () => {
    expect(pressed('2026-10-08', undefined, '国庆节')).toEqual({
      day: '2026-10-08',
      is_workday: false,
      note: '国庆节',
    })
    expect(pressed('2026-10-01', holiday, '')).toBeNull()
  })

  it('makes a weekend a holiday, then worked, then a weekend', () => {
    const off = pressed('2026-10-10', undefined, '')
    expect(off?.is_workday).toBe(false)
    expect(pressed('2026-10-10', off ?? undefined, '')?.is_workday).toBe(true)
    expect(pressed('2026-10-10', makeup, '')).toBeNull()
  })
})

describe('differing', () => {
  it('lists what was added, taken away and told otherwise', () => {
    const after = new Map([['2026-10-01', { ...holiday, note: '国庆' }]])
    expect(differing(days, after)).toEqual(['2026-10-01', '2026-10-10'])
    expect(differing(days, days)).toEqual([])
  })
})
