import { computed, onBeforeUnmount, ref, shallowReactive, shallowRef, watch } from 'vue'
import { past as api } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import type { Fix } from '@/lib/glide'
import { positionAt } from '@/lib/past'
import type { Id, PastBoard, PastFix, PastWays, Playback } from '@/api/types'
import type { PastFleet } from '@/map/layers/UnitsLayer.vue'

export const MINUTE_MS = 60_000
export const CHUNK_MS = 10 * MINUTE_MS
export const OLDEST_DAYS = 90
/** Seconds of the past that go by in a second. */
export const PACES = [10, 60, 300] as const
const KEPT = 400

export interface Period {
  since: number
  until: number
}

/**
 * The past of the whole board. What stood at a minute is asked for by the minute; where the units
 * were between comes in pieces of ten minutes, which are kept, so that the slider moves smoothly.
 */
export function useTimeMachine() {
  const period = shallowRef<Period | null>(null)
  const playback = shallowRef<Playback | null>(null)
  const at = ref(0)
  const playing = ref(false)
  const pace = ref<number>(PACES[1])
  const board = shallowRef<PastBoard | null>(null)
  const error = shallowRef<unknown>(null)
  const boards = new Map<number, PastBoard>()
  const ways = shallowReactive(new Map<number, ReadonlyMap<Id, readonly PastFix[]>>())
  const asked = new Set<number>()
  let frame = 0
  let drawnAt = 0

  const isOpen = computed(() => period.value !== null)
  const minute = computed(() => Math.floor(at.value / MINUTE_MS) * MINUTE_MS)
  const chunk = computed(() => Math.floor(at.value / CHUNK_MS) * CHUNK_MS)
  const stale = computed(() => board.value !== null && Date.parse(board.value.at) !== boardTime(minute.value))

  const fleet = computed((): PastFleet => {
    const fixes = new Map<Id, Fix>()
    for (const unit of board.value?.units ?? []) {
      const fix = whereWas(unit.id) ?? lastKnown(unit.position)
      if (fix && fix.fixedAt <= at.value) fixes.set(unit.id, fix)
    }
    const units = (board.value?.units ?? []).map(({ id, plate, state }) => ({
      id,
      plate,
      state: state ?? ('OFF_DUTY' as const),
    }))
    return { at: at.value, units, fixes }
  })

  function whereWas(id: Id): Fix | null {
    const way = ways.get(chunk.value)?.get(id) ?? []
    return positionAt(way, at.value) ?? positionAt(ways.get(chunk.value - CHUNK_MS)?.get(id) ?? [], at.value)
  }

  function lastKnown(position: PastBoard['units'][number]['position']): Fix | null {
    if (!position) return null
    const { lon, lat, course, speed_kmh: speedKmh, fixed_at } = position
    return { lon, lat, course, speedKmh, fixedAt: Date.parse(fixed_at) }
  }

  /** The moment that is asked for: never outside the period. */
  function boardTime(wanted: number): number {
    const { since, until } = period.value ?? { since: wanted, until: wanted }
    return Math.min(Math.max(wanted, since), until)
  }

  function open(next: Period, leave: Playback | null, start = next.since): void {
    forget()
    period.value = next
    playback.value = leave
    go(start)
    refresh()
  }

  function close(): void {
    pause()
    period.value = playback.value = board.value = null
    forget()
  }

  function forget(): void {
    boards.clear()
    ways.clear()
    asked.clear()
    error.value = null
  }

  function go(moment: number): void {
    at.value = boardTime(moment)
  }

  function play(): void {
    if (!period.value || playing.value) return
    if (at.value >= period.value.until) go(period.value.since)
    playing.value = true
    drawnAt = performance.now()
    frame = requestAnimationFrame(tick)
  }

  function pause(): void {
    playing.value = false
    cancelAnimationFrame(frame)
  }

  function setPace(next: number): void {
    pace.value = next
  }

  function tick(now: number): void {
    // A tab that was hidden goes on where it stood.
    go(at.value + Math.min(now - drawnAt, 1_000) * pace.value)
    drawnAt = now
    if (at.value >= (period.value?.until ?? 0)) pause()
    else if (playing.value) frame = requestAnimationFrame(tick)
  }

  async function load(): Promise<void> {
    const wanted = boardTime(minute.value)
    if (!period.value) return
    const held = boards.get(wanted)
    if (held) {
      board.value = held
      return
    }
    try {
      const found = await api.board(new Date(wanted).toISOString(), playback.value?.id ?? null)
      if (!period.value) return
      if (boards.size >= KEPT) boards.clear()
      boards.set(wanted, found)
      board.value = found
      error.value = null
    } catch (cause) {
      error.value = cause
      pause()
    }
    if (boardTime(minute.value) !== wanted) refresh()
  }

  async function loadWays(from: number): Promise<void> {
    const leave = playback.value
    const { since, until } = period.value ?? { since: 0, until: 0 }
    const [first, last] = [Math.max(from, since), Math.min(from + CHUNK_MS, until)]
    if (!leave || asked.has(from) || first >= last) return
    asked.add(from)
    try {
      const found: PastWays = await api.ways(
        new Date(first).toISOString(),
        new Date(last).toISOString(),
        leave.id,
      )
      if (playback.value === leave) ways.set(from, new Map(found))
    } catch (cause) {
      asked.delete(from)
      error.value = cause
    }
  }

  const refresh = gather(load, 60)
  watch(minute, refresh)
  watch([chunk, playback], ([now]) => {
    void loadWays(now)
    void loadWays(now + CHUNK_MS)
  })
  onBeforeUnmount(pause)

  return {
    period,
    playback,
    at,
    playing,
    pace,
    board,
    error,
    isOpen,
    stale,
    fleet,
    open,
    close,
    go,
    play,
    pause,
    setPace,
    refresh,
  }
}

export type TimeMachine = ReturnType<typeof useTimeMachine>
