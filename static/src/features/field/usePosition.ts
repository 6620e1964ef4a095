import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { field } from '@/api/endpoints'
import type { PhoneFix } from '@/api/types'
import { isDue, toPhoneFix } from './reporting'

export type Sharing = 'off' | 'seeking' | 'on' | 'denied' | 'unavailable'

/**
 * Tells the centre where this phone is while `wanted` holds, and never otherwise. Only the newest
 * fix counts, so a failed one is not kept: the next goes instead.
 */
export function usePosition(wanted: Ref<boolean>, onOrder: Ref<boolean>) {
  const sharing = ref<Sharing>('off')
  const fix = shallowRef<PhoneFix | null>(null)
  /** When the server last took one, in ms. */
  const sentAt = ref<number | null>(null)
  const failing = ref(false)
  let watcher: number | null = null
  let busy = false

  function start(): void {
    if (watcher !== null) return
    if (!('geolocation' in navigator)) {
      sharing.value = 'unavailable'
      return
    }
    sharing.value = 'seeking'
    watcher = navigator.geolocation.watchPosition(take, refuse, {
      enableHighAccuracy: true,
      maximumAge: 5_000,
      timeout: 30_000,
    })
  }

  function stop(): void {
    if (watcher !== null) navigator.geolocation.clearWatch(watcher)
    watcher = null
    fix.value = null
    sentAt.value = null
    failing.value = false
    sharing.value = 'off'
  }

  function take(position: GeolocationPosition): void {
    if (watcher === null) return
    fix.value = toPhoneFix(position)
    sharing.value = 'on'
    void tell()
  }

  function refuse({ code }: GeolocationPositionError): void {
    if (code === 1) sharing.value = 'denied'
    else if (sharing.value !== 'on') sharing.value = 'seeking'
  }

  async function tell(): Promise<void> {
    if (busy || !wanted.value || !fix.value || !isDue(sentAt.value, Date.now(), onOrder.value)) return
    busy = true
    try {
      await field.position(fix.value)
      sentAt.value = Date.now()
      failing.value = false
    } catch {
      failing.value = true
    } finally {
      busy = false
    }
  }

  // A phone that stands still gives no new fix: it is told again all the same.
  const timer = setInterval(() => void tell(), 5_000)
  watch(wanted, (on) => (on ? start() : stop()), { immediate: true })
  onBeforeUnmount(() => {
    clearInterval(timer)
    stop()
  })
  return { sharing, fix, sentAt, failing }
}
