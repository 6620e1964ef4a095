import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { orders as api } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import type { Id, Order, OrderSummary } from '@/api/types'

/** Open orders, and those whose every recipient is shown. */
export const useOrders = defineStore('orders', () => {
  const open = shallowRef<OrderSummary[]>([])
  const details = shallowRef<ReadonlyMap<Id, Order>>(new Map())
  let watchers = 0

  async function loadOpen(): Promise<void> {
    open.value = await api.list({ open: 1 })
  }

  async function load(id: Id): Promise<Order> {
    const order = await api.one(id)
    keep(order)
    return order
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

  return { open, details, loadOpen, load, keep, forget, watchOpen }
})
