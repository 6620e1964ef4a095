import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { outbound as api } from '@/api/endpoints'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import { useSession } from './session'
import type { Outbound } from '@/api/types'

/** Whether anything leaves the house just now. */
export const useOutbound = defineStore('outbound', () => {
  const session = useSession()
  const now = shallowRef<Outbound | null>(null)
  const pause = computed(() => now.value?.pause ?? null)
  const paused = computed(() => pause.value !== null)
  const maySwitch = computed(() => now.value?.may_switch ?? false)

  async function load(): Promise<void> {
    if (session.may('order.read')) now.value = await api.read()
  }

  async function stop(reason: string): Promise<void> {
    now.value = await api.pause(reason)
  }

  async function resume(): Promise<void> {
    now.value = await api.resume()
  }

  const refresh = gather(load, 250)
  realtime.on('snapshot', refresh)
  realtime.on('changed', ({ kind }) => {
    // While nothing leaves, each new order makes the queue longer.
    if (kind === 'outbound' || (kind === 'order' && paused.value)) refresh()
  })

  return { now, pause, paused, maySwitch, load, stop, resume }
})
