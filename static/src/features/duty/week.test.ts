import { describe, expect, it } from 'vitest'
import type { Duty, DutyWeek } from '@/api/duty'
import { daysOf, rowsOf, weeksFrom } from './week'

const at = (hours: number) => new Date(Date.UTC(2026, 8, 20, 16) + hours * 3_600_000).toISOString()
const duty = (id: number, from: number, to: number): Duty => ({
  id,
  post: 'CMD',
  user_id: 1,
  name: '赵刚',
  phone: '',
  starts_at: at(from),
  ends_at: at(to),
})
const week: DutyWeek = {
  since: at(0),
  until: at(168),
  may_edit: true,
  duties: [duty(1, -8, 8), duty(2, 20, 30)],
  posts: [{ post: 'CMD', gaps: [{ since: at(8), until: at(20) }], overlaps: [] }],
}

describe('a week of the roster', () => {
  it('has seven days from its Monday on', () => {
    expect(daysOf(week).map((day) => new Date(day).toISOString())[6]).toBe(new Date(at(144)).toISOString())
  })

  it('cuts each duty at midnight and puts gaps between them', () => {
    const row = rowsOf(week).find(({ post }) => post === 'CMD')
    const hours = row?.cells.map(({ day, lines }) =>
      lines.map(({ kind, from, to }) => [kind, (from - day) / 3_600_000, (to - day) / 3_600_000]),
    )
    expect(hours?.slice(0, 3)).toEqual([
      [
        ['duty', 0, 8],
        ['gap', 8, 20],
        ['duty', 20, 24],
      ],
      [['duty', 0, 6]],
      [],
    ])
  })

  it('says which posts it has', () => {
    expect(rowsOf(week).map(({ post, kept }) => [post, kept])).toEqual([
      ['DISP', false],
      ['SHIFT', false],
      ['CMD', true],
      ['DEPUTY', false],
      ['HEAD', false],
    ])
  })

  it('is left over the end of a month', () => {
    expect([-1, 0, 1].map((n) => weeksFrom(week, n))).toEqual(['2026-09-17', '2026-09-24', '2026-10-01'])
  })
})
