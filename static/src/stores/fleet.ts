import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { units as api } from '@/api/endpoints'
import { ageSeconds, freshness, type Freshness } from '@/lib/age'
import { gather } from '@/lib/gather'
import { nowMs } from '@/i18n/format'
import { realtime, type Bbox } from '@/realtime'
import type { Fix } from '@/lib/glide'
import type { Id, PositionRow, Snapshot, Unit } from '@/api/types'

/**
 * Units by id and their newest fix. A snapshot replaces all; a delta counts only when it is newer
 * than what is held. Ages are reckoned from the fix, on the server's clock.
 */
export const useFleet = defineStore('fleet', () => {
  const units = shallowRef<ReadonlyMap<Id, Unit>>(new Map())
  const fixes = shallowReactive(new Map<Id, Fix>())
  /** Grows with every batch of fixes: what draws them watches this, not each fix. */
  const arrivals = ref(0)
  /** Server's clock minus this machine's, ms: a desk with a wrong clock still shows true ages. */
  const clockAhead = ref(0)
  const everLoaded = ref(false)
  let seen: Bbox | null = null

  const list = computed(() => [...units.value.values()])
  const serverNow = computed(() => nowMs.value + clockAhead.value)

  function takeSnapshot(snapshot: Pick<Snapshot, 'units' | 'server_time'>): void {
    clockAhead.value = new Date(snapshot.server_time).getTime() - Date.now()
    takeAll(snapshot.units)
    everLoaded.value = true
  }

  function takeAll(all: Unit[]): void {
    units.value = new Map(all.map((unit) => [unit.id, unit]))
    for (const id of fixes.keys()) if (!units.value.has(id)) fixes.delete(id)
    for (const unit of all) takePosition(unit)
    arrivals.value += 1
  }

  function takeUnit(unit: Unit): void {
    const held = units.value.get(unit.id)
    if (held && Date.parse(held.state_since) > Date.parse(unit.state_since)) return
    units.value = new Map(units.value).set(unit.id, unit)
    takePosition(unit)
    arrivals.value += 1
  }

  function takePositions(rows: readonly PositionRow[]): void {
    for (const [id, lon, lat, course, speedKmh, fixedAt] of rows) {
      takeFix(id, { lon, lat, course, speedKmh, fixedAt })
    }
    arrivals.value += 1
  }

  function takePosition({ id, position }: Unit): void {
    if (!position) return
    takeFix(id, {
      lon: position.lon,
      lat: position.lat,
      course: position.course,
      speedKmh: position.speed_kmh,
      fixedAt: Date.parse(position.fixed_at),
    })
  }

  function takeFix(id: Id, fix: Fix): void {
    const held = fixes.get(id)
    if (!held || fix.fixedAt > held.fixedAt) fixes.set(id, fix)
  }

  function ageOf(id: Id): number | null {
    const fix = fixes.get(id)
    return fix ? ageSeconds(fix.fixedAt, serverNow.value) : null
  }

  function freshnessOf(id: Id): Freshness {
    return freshness(fixes.get(id)?.fixedAt ?? null, serverNow.value)
  }

  const refresh = gather(async () => takeAll(await api.all()), 50)

  /**
   * Tells the server what the map shows. Fixes come only for what is in view, so whatever comes
   * into view is asked for once: it must not look stale because nobody was looking.
   */
  const reportView = (view: Bbox): void => {
    realtime.setView(view)
    const widened = seen !== null && !within(view, seen)
    seen = view
    if (widened) refresh()
  }

  realtime.on('snapshot', takeSnapshot)
  realtime.on('positions', (message) => takePositions(message.units))
  realtime.on('unit', takeUnit)

  return {
    units,
    fixes,
    arrivals,
    clockAhead,
    everLoaded,
    list,
    serverNow,
    takeSnapshot,
    takeUnit,
    takePositions,
    ageOf,
    freshnessOf,
    reportView,
  }
})

const within = (inner: Bbox, outer: Bbox): boolean =>
  inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
