import { onBeforeUnmount, onMounted, ref } from 'vue'

/** Calls back when the page is hidden or left: a secret is shown only while somebody looks at it. */
export function whenHidden(act: () => void): void {
  const look = (): void => {
    if (document.hidden) act()
  }
  onMounted(() => {
    document.addEventListener('visibilitychange', look)
    window.addEventListener('pagehide', act)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', look)
    window.removeEventListener('pagehide', act)
  })
}

/** The seconds that are left until a moment, by this machine's clock; calls back when it comes. */
export function useTimeLeft(ended: () => void) {
  const left = ref(0)
  let ends = 0
  let timer: ReturnType<typeof setInterval> | null = null

  function tick(): void {
    left.value = Math.max(0, Math.ceil((ends - Date.now()) / 1_000))
    if (left.value) return
    stop()
    ended()
  }

  function start(until: number): void {
    ends = until
    timer ??= setInterval(tick, 1_000)
    tick()
  }

  function stop(): void {
    if (timer) clearInterval(timer)
    timer = null
    left.value = 0
  }

  onBeforeUnmount(stop)
  return { left, start, stop }
}
