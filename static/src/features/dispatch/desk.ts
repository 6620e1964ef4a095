import { computed, inject, provide, ref, shallowRef, watch, type InjectionKey } from 'vue'
import { useAlarms } from '@/stores/alarms'
import { useCases } from '@/stores/cases'
import { useFleet } from '@/stores/fleet'
import { useOrders } from '@/stores/orders'
import type { Id, OrderKind } from '@/api/types'
import type { Tie } from '@/map/layers/LinesLayer.vue'
import { useCasesOnMap } from './useCasesOnMap'
import { useComposer } from './useComposer'
import { useRecommendation } from './useRecommendation'

export type Tab = 'timeline' | 'pending' | 'running' | 'inbound'
const OVER = new Set(['REFUSED', 'CLEARED', 'CANCELLED', 'FED_BACK', 'CANNOT'])
const KIND_OF_CASE: Record<string, OrderKind> = { TS: 'mediate', JB: 'inspect', ZX: 'assist' }

/** What this dispatcher looks at and has in hand; every part of the desk shares it. */
function makeDesk() {
  const cases = useCases()
  const fleet = useFleet()
  const orders = useOrders()
  const alarms = useAlarms()

  const caseId = ref<Id | null>(null)
  const unitId = ref<Id | null>(null)
  /** A recommended unit under the pointer: its line to the case is drawn. */
  const lookedAt = ref<Id | null>(null)
  const tab = ref<Tab>('timeline')
  const composer = useComposer()
  const recommended = useRecommendation(caseId)
  const onMap = useCasesOnMap()
  /** Where the map should go; a new object each time, so that asking twice works. */
  const goTo = shallowRef<{ lon: number; lat: number } | null>(null)

  const current = computed(() => (cases.current?.id === caseId.value ? cases.current : null))
  const summary = computed(() => cases.queue.find((c) => c.id === caseId.value) ?? null)
  const alarmed = computed(
    () =>
      new Set(alarms.untaken.flatMap(({ reference }) => (reference.kind === 'case' ? [reference.id] : []))),
  )
  const alarmOfCase = computed(
    () =>
      alarms.all.find(({ reference }) => reference.kind === 'case' && reference.id === caseId.value) ?? null,
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
    if (fly) goTo.value = placeOf(id)
  }

  function selectUnit(id: Id | null, { fly = false } = {}): void {
    unitId.value = id
    const fix = id === null ? undefined : fleet.fixes.get(id)
    if (fly && fix) goTo.value = { lon: fix.lon, lat: fix.lat }
  }

  /** Opens the case of an order, with the order's answers in view. */
  async function selectOrder(id: Id): Promise<void> {
    const known = orders.open.find((order) => order.id === id) ?? (await orders.load(id))
    selectCase(known.case_id)
  }

  function placeOf(id: Id | null): { lon: number; lat: number } | null {
    const inQueue = cases.queue.find((c) => c.id === id)?.place
    const place = inQueue ?? onMap.items.value.find((c) => c.id === id) ?? null
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
    return to ? [...shown].map((id) => ({ unitId: id, to, kind: 'proposed' })) : []
  }

  watch(current, (detail, before) => {
    if (!detail) return
    // What kind of order a case wants follows its kind, until somebody says otherwise.
    if (before?.id !== detail.id && composer.phase.value === 'choosing' && !composer.anyTarget.value) {
      composer.chosen.kind = KIND_OF_CASE[detail.kind] ?? 'inspect'
      if (detail.place && !summary.value) goTo.value = { lon: detail.place.lon, lat: detail.place.lat }
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
    selectUnit,
    selectOrder,
    placeOf,
  }
}

export type Desk = ReturnType<typeof makeDesk>
const DESK: InjectionKey<Desk> = Symbol('dispatch desk')

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
