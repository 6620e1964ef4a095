import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Unit } from '@/api/types'
import { useFleet } from './fleet'

const T0 = Date.parse('2026-03-01T08:00:00Z')
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()

const unit = (id: number, fixedAt: number | null, rest: Partial<Unit> = {}): Unit => ({
  id,
  name: `执法${id}组`,
  plate: `京A·1000${id}`,
  kind: 'vehicle',
  organisation: null,
  state: 'FREE',
  state_since: iso(0),
  equipment: [],
  crew: [],
  position:
    fixedAt === null
      ? null
      : { lon: 116.4, lat: 39.9, speed_kmh: 0, course: 0, fixed_at: iso(fixedAt), received_at: iso(fixedAt) },
  assignment: null,
  notes: [],
  ...rest,
})

describe('the fleet', () => {
  beforeEach(() => setActivePinia(createPinia()))
  const fleetOf = (...all: Unit[]) => {
    const fleet = useFleet()
    fleet.takeSnapshot({ server_time: new Date().toISOString(), units: all })
    return fleet
  }

  it('holds what the snapshot gave, and forgets what the next one does not name', () => {
    const fleet = fleetOf(unit(1, 0), unit(2, 0))
    fleet.takeSnapshot({ server_time: iso(5), units: [unit(2, 0)] })
    expect(fleet.list.map((u) => u.id)).toEqual([2])
    expect(fleet.fixes.has(1)).toBe(false)
  })

  it('moves a unit by a newer fix and ignores an older one', () => {
    const fleet = fleetOf(unit(1, 10))
    fleet.takePositions([[1, 116.5, 39.9, 90, 30, T0 + 11_000]])
    fleet.takePositions([[1, 116.9, 39.9, 90, 30, T0 + 10_500]])
    expect(fleet.fixes.get(1)).toMatchObject({ lon: 116.5, course: 90 })
  })

  it('keeps a delta that overtook the snapshot', () => {
    const fleet = useFleet()
    fleet.takePositions([[1, 116.5, 39.9, 90, 30, T0 + 11_000]])
    fleet.takeSnapshot({ server_time: iso(11), units: [unit(1, 10)] })
    expect(fleet.fixes.get(1)?.lon).toBe(116.5)
  })

  it('ignores a unit’s older state and takes a new crew in the same state', () => {
    const fleet = fleetOf(unit(1, 0, { state: 'ON_SCENE', state_since: iso(20) }))
    fleet.takeUnit(unit(1, 0, { state: 'EN_ROUTE', state_since: iso(10) }))
    expect(fleet.units.get(1)?.state).toBe('ON_SCENE')
    const crew = [{ user_id: 5, name: '李建国', certified: true }]
    fleet.takeUnit(unit(1, 0, { state: 'ON_SCENE', state_since: iso(20), crew }))
    expect(fleet.units.get(1)?.crew).toEqual(crew)
  })

  it('reckons age on the server’s clock, however wrong this machine’s is', () => {
    const fleet = useFleet()
    const server = Date.now() + 3_600_000
    const fixedAt = new Date(server - 90_000).toISOString()
    const position = {
      lon: 116.4,
      lat: 39.9,
      speed_kmh: 0,
      course: 0,
      fixed_at: fixedAt,
      received_at: fixedAt,
    }
    fleet.takeSnapshot({ server_time: new Date(server).toISOString(), units: [unit(1, null, { position })] })
    expect(fleet.ageOf(1)).toBeGreaterThanOrEqual(89)
    expect(fleet.ageOf(1)).toBeLessThanOrEqual(92)
    expect(fleet.freshnessOf(1)).toBe('stale')
  })

  it('has neither age nor place for a unit that never reported', () => {
    const fleet = fleetOf(unit(1, null))
    expect(fleet.ageOf(1)).toBeNull()
    expect(fleet.freshnessOf(1)).toBe('none')
  })
})
