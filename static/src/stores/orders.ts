import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { orders as api } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import type { Delivery, Id, Instant, Order, OrderSummary } from '@/api/types'

const isCalling = ({ state, channel }: Delivery): boolean =>
  ['QUEUED', 'SENDING', 'SENT'].includes(state) && (channel === 'fax' || channel === 'voice')

/** Open orders, and those whose every recipient is shown. */
export const useOrders = defineStore('orders', () => {
  const open = shallowRef<OrderSummary[]>([])
  const details = shallowRef<ReadonlyMap<Id, Order>>(new Map())
  /** When faxes and calls should be over, by delivery. */
  const expected = shallowRef<ReadonlyMap<Id, Instant>>(new Map())
  let watchers = 0

  async function loadOpen(): Promise<void> {
    open.value = await api.list({ open: 1 })
  }

  async function load(id: Id): Promise<Order> {
    const order = await api.one(id)
    keep(order)
    if (order.assignments.some(({ deliveries }) => deliveries.some(isCalling))) {
      void lookOut(id).catch(() => undefined)
    }
    return order
  }

  async function lookOut(id: Id): Promise<void> {
    const { expected: told } = await api.outlook(id)
    expected.value = new Map([...expected.value, ...told.map((one) => [one.delivery_id, one.at] as const)])
  }

  /** Holds an order the server has just given. */
  function keep(order: Order): void {
    details.value = new Map(details.value).set(order.id, order)
  }

  function forget(id: Id): void {
    const next = new Map(details.value)
    next.delete(id)
    details.value = next
  }

  function watchOpen(): () => void {
    watchers += 1
    void loadOpen().catch(() => undefined)
    return () => {
      watchers -= 1
    }
  }

  const refreshOpen = gather(loadOpen, 250)
  realtime.on('changed', ({ kind, id }) => {
    if (kind !== 'order') return
    if (watchers) refreshOpen()
    if (details.value.has(id)) void load(id).catch(() => undefined)
  })
  realtime.on('snapshot', () => {
    if (watchers) refreshOpen()
    for (const id of details.value.keys()) void load(id).catch(() => undefined)
  })

  return { open, details, expected, loadOpen, load, keep, forget, watchOpen }
})
