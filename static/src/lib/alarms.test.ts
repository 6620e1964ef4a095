import { describe, expect, it } from 'vitest'
import type { Alarm } from '@/api/types'
import { isAnswerable, withAlarm } from './alarms'

const alarm = (id: number, level: number, raised: string, takenBy: string | null = null): Alarm =>
  ({ id, level, raised_at: raised, taken_by: takenBy }) as unknown as Alarm

describe('alarms', () => {
  it('stand untaken first, then by level, then the oldest first', () => {
    const list = [
      alarm(1, 1, '08:00'),
      alarm(2, 3, '09:00', '孙悦'),
      alarm(3, 2, '08:30'),
      alarm(4, 2, '08:10'),
    ]
    const sorted = list.reduce<Alarm[]>((held, next) => withAlarm(held, next), [])
    expect(sorted.map(({ id }) => id)).toEqual([4, 3, 1, 2])
  })

  it('that climb replace themselves', () => {
    const list = withAlarm([alarm(1, 1, '08:00')], alarm(1, 2, '08:00'))
    expect(list.map(({ level }) => level)).toEqual([2])
  })
})

describe('who an alarm is for', () => {
  const may =
    (...permissions: string[]) =>
    (permission: string) =>
      permissions.includes(permission)

  it.each(['approval_pending', 'oral_unconfirmed'] as const)('only an approver silences %s', (kind) => {
    expect(isAnswerable({ ...alarm(1, 2, '08:00'), kind }, may('alarm.take'))).toBe(false)
    expect(isAnswerable({ ...alarm(1, 2, '08:00'), kind }, may('order.approve'))).toBe(true)
  })

  it('anyone on the ladder takes the others', () => {
    expect(isAnswerable(alarm(1, 2, '08:00'), may('alarm.take'))).toBe(true)
    expect(isAnswerable(alarm(1, 2, '08:00'), may())).toBe(false)
  })
})
