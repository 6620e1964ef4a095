import { computed, inject, provide, ref, shallowRef, watch, type InjectionKey } from 'vue'
import { cases as api } from '@/api/endpoints'
import { translate } from '@/i18n'
import { namedBeside } from '@/lib/clusters'
import { useAlarms } from '@/stores/alarms'
import { useCases } from '@/stores/cases'
import { useConfig } from '@/stores/config'
import { useFleet } from '@/stores/fleet'
import { useOrders } from '@/stores/orders'
import { useSession } from '@/stores/session'
import type { Alarm, Id, OrderKind } from '@/api/types'
import type { Tie } from '@/map/layers/LinesLayer.vue'
import { useCasesOnMap } from './useCasesOnMap'
import { useComposer } from './useComposer'
import { useRecommendation } from './useRecommendation'

export type Tab = 'timeline' | 'pending' | 'running' | 'inbound'
/** How many of the nearest units are brought into view with a case. */
const FRAMED_UNITS = 3
/** Characters of an order's note that may name other cases: a text has room for 120. */
const NAMED_ROOM = 80
export interface Spot {
  lon: number
  lat: number
}
const OVER = new Set(['REFUSED', 'CLEARED', 'CANCELLED', 'FED_BACK', 'CANNOT'])
const KIND_OF_CASE: Record<string, OrderKind> = { TS: 'mediate', JB: 'inspect', ZX: 'assist' }

/** The case that an alarm is about, directly or through its order. */
export function caseOfAlarm({ reference, params }: Alarm): Id | null {
  if (reference.kind === 'case') return reference.id
  return typeof params['case_id'] === 'number' ? params['case_id'] : null
}

/** What this dispatcher looks at and has in hand; every part of the desk shares it. */
function makeDesk() {
  const cases = useCases()
  const fleet = useFleet()
  const orders = useOrders()
  const alarms = useAlarms()
  const session = useSession()

  const caseId = ref<Id | null>(null)
  const unitId = ref<Id | null>(null)
  /** A recommended unit under the pointer: its line to the case is drawn. */
  const lookedAt = ref<Id | null>(null)
  const tab = ref<Tab>('timeline')
  const config = useConfig()
  const composer = useComposer(undefined, undefined, () => config.channels)
  const recommended = useRecommendation(computed(() => (session.may('order.create') ? caseId.value : null)))
  const onMap = useCasesOnMap()
  /** What the map should bring into view; a new list each time, so that asking twice works. */
  const goTo = shallowRef<readonly Spot[]>([])
  /** The case whose nearest units are still to be brought into view. */
  let toFrame: Id | null = null

  const current = computed(() => (cases.current?.id === caseId.value ? cases.current : null))
  const summary = computed(() => cases.queue.find((c) => c.id === caseId.value) ?? null)
  const alarmed = computed(() => new Set(alarms.untaken.flatMap((alarm) => caseOfAlarm(alarm) ?? [])))
  const alarmOfCase = computed(
    () => alarms.all.find((alarm) => caseId.value !== null && caseOfAlarm(alarm) === caseId.value) ?? null,
  )
  const pending = computed(() => orders.open.filter((order) => order.state === 'PENDING_APPROVAL'))
  const running = computed(() => orders.open.filter((order) => order.state !== 'PENDING_APPROVAL'))
  const ordersOfCase = computed(() => [...(current.value?.orders ?? [])].sort((a, b) => b.id - a.id))
  const openOrdersOfCase = computed(() => ordersOfCase.value.filter((order) => !OVER.has(order.state)))

  function selectCase(id: Id | null, { fly = true } = {}): void {
    if (id !== caseId.value) {
      caseId.value = id
      lookedAt.value = null
      if (id === null) cases.closeCase()
      else void cases.openCase(id)
      composer.begin(id)
      for (const held of orders.details.keys()) orders.forget(held)
    }
    if (!fly) return
    toFrame = id
    frame()
  }

  /** One visit for all that hang together with this case: its order says which else it settles. */
  async function composeFor(id: Id): Promise<void> {
    selectCase(id)
    const { numbers, count } = namedBeside(id, await api.cluster(id), NAMED_ROOM)
    if (!count || composer.caseId.value !== id || composer.chosen.note) return
    const list = numbers.join(translate('dispatch.cluster.between'))
    composer.change({ note: translate('dispatch.cluster.note', { n: count, list }) })
  }

  /** Shows the case, and once they are known, those who could go there. */
  function frame(): void {
    const place = placeOf(toFrame)
    if (!place) return
    const items = recommended.recommendation.value?.items
    const near = (items ?? []).filter((item) => item.eligible).slice(0, FRAMED_UNITS)
    goTo.value = [place, ...near.flatMap(({ unit_id }) => fleet.fixes.get(unit_id) ?? [])]
    if (items) toFrame = null
  }

  function selectUnit(id: Id | null, { fly = false } = {}): void {
    unitId.value = id
    const fix = id === null ? undefined : fleet.fixes.get(id)
    if (fly && fix) goTo.value = [fix]
  }

  /** Opens the case of an order, with the order's answers in view. */
  async function selectOrder(id: Id): Promise<void> {
    const known = orders.open.find((order) => order.id === id) ?? (await orders.load(id))
    selectCase(known.case_id)
  }

  function placeOf(id: Id | null): Spot | null {
    const held = current.value?.id === id ? current.value.place : null
    const inQueue = cases.queue.find((c) => c.id === id)?.place
    const place = held ?? inQueue ?? onMap.all.value.find((c) => c.id === id) ?? null
    return place && { lon: place.lon, lat: place.lat }
  }

  const ties = computed((): Tie[] => {
    const caseOfOrder = new Map(orders.open.map((order) => [order.id, order.case_id]))
    const sent = fleet.list.flatMap((unit): Tie[] => {
      const target = unit.assignment && caseOfOrder.get(unit.assignment.order_id)
      const to = target ? placeOf(target) : null
      if (!to || !unit.assignment || unit.assignment.state === 'FED_BACK') return []
      return [{ unitId: unit.id, to, kind: target === caseId.value ? 'sent' : 'other' }]
    })
    return [...sent, ...proposedTies()]
  })

  function proposedTies(): Tie[] {
    const to = placeOf(caseId.value)
    const shown = new Set([...composer.chosen.unitIds, ...(lookedAt.value === null ? [] : [lookedAt.value])])
    return to ? [...shown].map((id) => ({ unitId: id, to, kind: 'proposed', label: travelOf(id) })) : []
  }

  function travelOf(id: Id): string {
    const seconds = recommended.recommendation.value?.items.find(
      (item) => item.unit_id === id,
    )?.travel_seconds
    return seconds == null
      ? ''
      : translate('dispatch.recommend.minutes', { n: Math.max(1, Math.round(seconds / 60)) })
  }

  watch(recommended.recommendation, (answer) => {
    if (answer) composer.usually(answer.channels)
    if (answer && toFrame === caseId.value) frame()
  })
  watch(current, (detail, before) => {
    if (!detail) return
    // What kind of order a case wants follows its kind, until somebody says otherwise.
    if (before?.id !== detail.id && composer.phase.value === 'choosing' && !composer.anyTarget.value) {
      composer.chosen.kind = KIND_OF_CASE[detail.kind] ?? 'inspect'
      if (toFrame === detail.id) frame()
    }
    for (const order of detail.orders) void orders.load(order.id).catch(() => undefined)
  })

  return {
    caseId,
    unitId,
    lookedAt,
    tab,
    composer,
    recommended,
    onMap,
    goTo,
    current,
    summary,
    alarmed,
    alarmOfCase,
    pending,
    running,
    ordersOfCase,
    openOrdersOfCase,
    ties,
    selectCase,
    composeFor,
    selectUnit,
    selectOrder,
    placeOf,
  }
}

export type Desk = ReturnType<typeof makeDesk>
export const DESK: InjectionKey<Desk> = Symbol('dispatch desk')

export function provideDesk(): Desk {
  const desk = makeDesk()
  provide(DESK, desk)
  return desk
}

export function useDesk(): Desk {
  const desk = inject(DESK)
  if (!desk) throw new Error('only on the dispatch desk')
  return desk
}
