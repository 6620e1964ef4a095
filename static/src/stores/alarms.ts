import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { alarms as api } from '@/api/endpoints'
import { byUrgency, isAnswerable, withAlarm } from '@/lib/alarms'
import { gather } from '@/lib/gather'
import { realtime } from '@/realtime'
import { useSession } from './session'
import type { Alarm, Id } from '@/api/types'

/** Open alarms of this desk's rung and above, most pressing first. */
export const useAlarms = defineStore('alarms', () => {
  const session = useSession()
  const all = shallowRef<Alarm[]>([])
  /** Those that wait for somebody like the one who sits here. */
  const untaken = computed(() =>
    all.value.filter((alarm) => alarm.taken_by === null && isAnswerable(alarm, session.may)),
  )

  function replace(list: Alarm[]): void {
    all.value = [...list].sort(byUrgency)
  }

  async function load(): Promise<void> {
    replace(await api.all())
  }

  /** Takes it over; only the server's answer changes the list. Raises ApiError. */
  async function take(id: Id): Promise<void> {
    all.value = withAlarm(all.value, await api.take(id))
  }

  async function resolve(id: Id, note: string): Promise<void> {
    await api.resolve(id, note)
    all.value = all.value.filter((alarm) => alarm.id !== id)
  }

  const refresh = gather(load, 250)
  realtime.on('snapshot', (snapshot) => replace(snapshot.alarms))
  realtime.on('alarm', (alarm) => {
    all.value = withAlarm(all.value, alarm)
  })
  realtime.on('changed', ({ kind }) => {
    if (kind === 'alarm') refresh()
  })

  return { all, untaken, load, take, resolve }
})
